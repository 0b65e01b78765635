"""A dataset: items that sources open, labels that tasks are scored against."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import InvalidValue

ENDS_BYTES = 64 * 1024


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a run goes through.

    labels:  task name -> ground truth, in the schemas of `core.labels`; "detection" has the schema BOXES.
    tasks:   what a run does on it unless told otherwise, as task specs ("detection:model=yolov5n:size=1280").
    notes:   what is good to know of its numbers, such as how much of the official set is there.
    """

    name: str
    items: tuple[Item, ...]
    labels: Mapping[str, pa.Table] = field(default_factory=dict)
    licence: str = "unknown"
    tasks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def shard(self, index: int, count: int) -> Dataset:
        """Every `count`-th item from `index` (from 0) on, with its labels. The shards of one count are disjoint and
        together the whole; one may be empty. Raises InvalidValue."""
        if not 0 <= index < count:
            raise InvalidValue(f"a shard from 0 to {count - 1}", str(index), "count shards from 0")
        return self._only(self.items[index::count]) if count > 1 else self

    def limit(self, items: int) -> Dataset:
        """The first `items` items, with their labels. Raises InvalidValue."""
        if items < 1:
            raise InvalidValue("a limit of at least one item", str(items), "ask for one item or more")
        return self._only(self.items[:items]) if items < len(self.items) else self

    def _only(self, items: tuple[Item, ...]) -> Dataset:
        names = pa.array([name for item in items for name in item.names or (item.name,)], pa.string())
        labels = {task: table.filter(pc.is_in(table["item"], names)) for task, table in self.labels.items()}
        return replace(self, items=items, labels=labels)

    def fingerprint(self) -> str:
        """`"sha256-of-names-sizes-ends:<hex>"`: SHA-256 over, file by file, the item's name, the file's name, its size
        in bytes, and its first and last 64 KiB. Says the same on every machine and never reads a long video whole."""
        digest = hashlib.sha256()
        for item in self.items:
            for path in item.paths:
                digest.update(f"{item.name}\0{path.name}\0{path.stat().st_size}\0".encode())
                digest.update(_ends(path))
        return f"sha256-of-names-sizes-ends:{digest.hexdigest()}"


def _ends(path: Path) -> bytes:
    with path.open("rb") as file:
        first = file.read(ENDS_BYTES)
        file.seek(max(ENDS_BYTES, os.fstat(file.fileno()).st_size - ENDS_BYTES))
        return first + file.read(ENDS_BYTES)
