"""A dataset: items that sources open, labels that tasks are scored against."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.clip import Item
from ahc_stream.core.digests import ENDS, Digests, fingerprint, of_files, with_facts
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.file_names import readable
from ahc_stream.core.labels import CLASSES
from ahc_stream.datasets.items import stills_item, stills_items


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a run goes through. Raises InvalidValue where two images or videos have one name.

    labels:  task name -> ground truth, in the schemas of `core.labels`; "detection" has the schema BOXES.
    tasks:   what a run does on it unless told otherwise, as task specs ("detection:model=yolov5n:size=1280").
    notes:   what is good to know of its numbers, such as how much of the official set is there; kept as `readable` has
             them.
    """

    name: str
    items: tuple[Item, ...]
    labels: Mapping[str, pa.Table] = field(default_factory=dict)
    licence: str = "unknown"
    tasks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(map(readable, self.notes)))
        uses = Counter(self.names)
        name, count = uses.most_common(1)[0] if uses else ("", 0)
        if count > 1:
            todo = "give each image and video a name of its own: rows are known by it (datasets.items.item_names)"
            raise InvalidValue(f"names in {self.name} that differ", f"{name!r} {count} times", todo)

    @property
    def names(self) -> tuple[str, ...]:
        """What rows call its images, videos and sequences."""
        return tuple(name for item in self.items for name in _row_names(item))

    @property
    def note_lines(self) -> tuple[str, ...]:
        """The notes as a command tells them, before its work."""
        return tuple(f"{self.name}: {note}" for note in self.notes)

    def __str__(self) -> str:
        return self.name

    def noting(self, *notes: str) -> Dataset:
        """The same with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def introduced(self, *notes: str) -> Dataset:
        """The same with notes in front of its own."""
        return replace(self, notes=(*notes, *self.notes))

    def shard(self, index: int, count: int) -> Dataset:
        """Every `count`-th image, and every `count`-th video or sequence, from `index` on, with its labels. The
        shards of one count are disjoint and together the whole; one may be empty. Raises InvalidValue."""
        if not 0 <= index < count:
            raise InvalidValue(f"a shard from 0 to {count - 1}", str(index), "count shards from 0")
        if count == 1:
            return self
        moving = [item for item in self.items if item.medium != "stills"]
        return self._only((*moving[index::count], *_stills(self.items, index, count)))

    def cut(self, frames: tuple[int | None, int | None] | None, every: int) -> Dataset:
        """Of each video and sequence the frames A to B - 1, and of those every N-th, with their labels, numbered as
        before; of stills every N-th one. None: from the first on, or up to the last.

        Raises InvalidValue for frames of a dataset without videos and sequences.
        """
        if frames is None and every == 1:
            return self
        if frames is not None and all(item.medium == "stills" for item in self.items):
            todo = "take fewer images with --limit or --every"
            raise InvalidValue(f"videos or sequences in {self.name}, for --frames", "images alone", todo)
        first, stop = frames or (None, None)
        cut = range(first or 0, sys.maxsize if stop is None else stop, every)
        moving = tuple(replace(item, cut=cut) for item in self.items if item.medium != "stills")
        whole = {item.name for item in moving}
        kept = self._only((*moving, *_stills(self.items, 0, every)))
        labels = {task: _labels_of_frames(table, whole, cut) for task, table in kept.labels.items()}
        return replace(kept, labels=labels)

    def limit(self, count: int) -> Dataset:
        """The first `count` images, videos or sequences, with their labels. Raises InvalidValue."""
        if count < 1:
            raise InvalidValue("a limit of at least one image or video", str(count), "ask for one or more")
        kept, missing = [], count
        for item in self.items:
            names = _row_names(item)
            kept.append(item if len(names) <= missing else _first_stills(item, missing))
            missing -= len(names)
            if missing <= 0:
                return self._only(tuple(kept))
        return self

    def named(self, names: Collection[str]) -> Dataset:
        """The images, videos and sequences of these names, with their labels."""
        wanted = frozenset(names)
        if wanted >= set(self.names):
            return self
        items = (_stills_named(item, wanted) if item.medium == "stills" else item for item in self.items)
        return self._only(tuple(item for item in items if item and not wanted.isdisjoint(_row_names(item))))

    def _only(self, items: tuple[Item, ...]) -> Dataset:
        kept = replace(self, items=items)
        names = pa.array(kept.names, pa.string())
        labels = {task: table.filter(pc.is_in(table["item"], names)) for task, table in self.labels.items()}
        return replace(kept, labels=labels)

    def digests(self, whole: bool = False) -> dict[str, Digests]:
        """What the files of each item are (see `core.digests.of_files`), by the name that its rows have: a video's, a
        sequence's, a still's. `whole` reads all of every file."""
        return {name: _digests(item, paths, whole) for item in self.items for name, paths in _files(item)}

    def fingerprint(self) -> str:
        """One digest over those of all items; says the same on every machine and never reads a long video whole."""
        return fingerprint({name: digests[ENDS] for name, digests in self.digests().items()})


def _stills(items: tuple[Item, ...], first: int, step: int) -> tuple[Item, ...]:
    """Every `step`-th still of all items, from the `first` on, in items no larger than those before."""
    batches = tuple(item for item in items if item.medium == "stills")
    if step == 1:
        return batches
    stills = [still for item in batches for still in zip(item.paths, item.names, strict=True)][first::step]
    most = max((len(item.names) for item in batches), default=0)
    paths, names = [path for path, _ in stills], [name for _, name in stills]
    return tuple(stills_items(batches[0].dataset, paths, names, most)) if stills else ()


def _labels_of_frames(table: pa.Table, items: Collection[str], cut: range) -> pa.Table:
    """The labels of the frames that are taken. The class of a video stands at its frame 0 and is of the whole."""
    if table.schema.equals(CLASSES):
        return table
    offset = pc.subtract(table["frame"], cut.start)
    is_inside = pc.and_(pc.greater_equal(offset, 0), pc.less(table["frame"], pa.scalar(cut.stop, pa.int64())))
    on_grid = pa.array(np.mod(offset.to_numpy(), cut.step) == 0)
    is_whole = pc.invert(pc.is_in(table["item"], pa.array(list(items), pa.string())))
    return table.filter(pc.or_(is_whole, pc.and_(is_inside, on_grid)))


def _row_names(item: Item) -> tuple[str, ...]:
    """The names that its rows have: each still has one of its own."""
    return item.names or (item.name,)


def _first_stills(item: Item, count: int) -> Item:
    return stills_item(item.dataset, item.paths[:count], item.names[:count])


def _stills_named(item: Item, names: Collection[str]) -> Item | None:
    """Those of a batch; None where it has none of them."""
    kept = [index for index, name in enumerate(item.names) if name in names]
    if not kept:
        return None
    paths, names_kept = tuple(item.paths[index] for index in kept), tuple(item.names[index] for index in kept)
    return stills_item(item.dataset, paths, names_kept)


def _digests(item: Item, paths: tuple[Path, ...], whole: bool) -> Digests:
    """Of raw video, whose bytes are other frames where another size is told, of that too."""
    digests = of_files(paths, whole)
    return digests if item.raw is None else {kind: with_facts(text, str(item.raw)) for kind, text in digests.items()}


def _files(item: Item) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """(name in the rows, its files)."""
    if item.medium == "stills":
        yield from ((name, (path,)) for name, path in zip(item.names, item.paths, strict=True))
    else:
        yield item.name, item.paths
