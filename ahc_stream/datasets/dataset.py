"""A dataset: items that sources open, labels that tasks are scored against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.clip import Item
from ahc_stream.core.digests import ENDS, Digests, fingerprint, of_files
from ahc_stream.core.errors import InvalidValue


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

    def digests(self, whole: bool = False) -> dict[str, Digests]:
        """What the files of each item are (see `core.digests.of_files`), by the name that its rows have: a video's, a
        sequence's, a still's. `whole` reads all of every file."""
        files = (pair for item in self.items for pair in _files(item))
        return {name: of_files(paths, whole) for name, paths in files}

    def fingerprint(self) -> str:
        """One digest over those of all items; says the same on every machine and never reads a long video whole."""
        return fingerprint({name: digests[ENDS] for name, digests in self.digests().items()})


def _files(item: Item) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """(name in the rows, its files): each still is one of its own."""
    if item.medium == "stills":
        yield from ((name, (path,)) for name, path in zip(item.names, item.paths, strict=True))
    else:
        yield item.name, item.paths
