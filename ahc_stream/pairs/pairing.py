"""Which picture or video is measured against which.

Two files are a pair whatever they are called. Folders are paired file by file, by the path below the folder without its
suffix, so that a.png goes with a.jpg. A video and a folder of numbered pictures are a pair, the pictures being its
frames in the order of their numbers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ahc_stream import datasets
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.image_header import stored_size
from ahc_stream.core.wording import abridged
from ahc_stream.datasets.files import existing
from ahc_stream.datasets.folder import open_folder
from ahc_stream.datasets.items import stills_item
from ahc_stream.datasets.read_options import NOTHING_TOLD, RAW_FLAGS, ReadOptions
from ahc_stream.sources import DEFAULT_LIMITS, Limits
from ahc_stream.sources.images import opened_image
from ahc_stream.sources.video_file import opened

NAMED = 5
"""Files that a message names."""
ANY_RATE = 1.0
"""Of raw video: frames are paired by their numbers, so nothing depends on it."""
_NUMBER = re.compile(r"\d+\Z", re.ASCII)


@dataclass(frozen=True)
class Pair:
    """A picture or a video, and what it is measured against.

    name:                  the reference's; rows are called so.
    reference, distorted:  one still each, or one video or sequence each.
    width, height:         of the first frame of both, pixels.
    """

    name: str
    reference: Item
    distorted: Item
    width: int
    height: int

    @property
    def is_still(self) -> bool:
        return self.reference.medium == "stills"


@dataclass(frozen=True)
class Pairs:
    """pairs: one at least, videos and sequences first. notes: what was passed over or assumed."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]

    def cut(self, frames: tuple[int | None, int | None] | None, every: int) -> Pairs:
        """Of each video and sequence the frames A to B - 1 (None: an open end), and of those every N-th, numbered as in
        the whole; of stills every N-th. Raises InvalidValue for frames where all are stills."""
        if frames is None and every == 1:
            return self
        if frames is not None and all(pair.is_still for pair in self.pairs):
            todo = "take fewer with --every, or name fewer files"
            raise InvalidValue("a video or a sequence, for --frames", "pictures alone", todo)
        first, stop = frames or (None, None)
        if stop is not None and stop <= (first or 0):
            raise InvalidValue("frames A:B with 0 <= A < B", f"{first or 0}:{stop}", "change --frames")
        cut = range(first or 0, sys.maxsize if stop is None else stop, every)
        moving = [_cut(pair, cut) for pair in self.pairs if not pair.is_still]
        stills = [pair for pair in self.pairs if pair.is_still]
        return replace(self, pairs=(*moving, *stills[::every]))


def pair_media(
    reference: str, distorted: str, told: ReadOptions = NOTHING_TOLD, limits: Limits = DEFAULT_LIMITS
) -> Pairs:
    """The pairs of two files, two folders, or a video and a folder of its frames; "film.mkv#1" is a stream of a file,
    and a dataset's name is what it holds. No frame is decoded.

    told:  size and pixel format of raw video whose name does not say them.
    Raises UnknownName, MissingData for a file without a partner or nothing at all, InvalidValue for sizes that differ,
    and MediaError for what cannot be opened.
    """
    names = (reference, distorted)
    one, other = (_media(name, told) for name in names)
    if not any(item.raw for dataset in (one, other) for item in dataset.items):
        told.refuse(RAW_FLAGS, f"{reference} and {distorted}, which have no raw video (.yuv)")
    notes = tuple(f"{name}: {note}" for name, side in zip(names, (one, other), strict=True) for note in side.notes)
    matched = _matched(names, _singles(one), _singles(other))
    pairs = tuple(_checked(name, *items, limits) for name, items in matched.items())
    return Pairs(pairs, notes)


def _media(name: str, told: ReadOptions) -> datasets.Dataset:
    path = existing(name)
    if path is None:  # a stream of a film, a dataset's name, or an error that says what a name may be
        return datasets.load(name)
    return open_folder(path, told=replace(told, fps=ANY_RATE))


def _singles(dataset: datasets.Dataset) -> dict[str, Item]:
    """Every still, video and sequence as an item of its own, by its name."""
    items: dict[str, Item] = {}
    for item in dataset.items:
        if item.medium == "stills":
            stills = zip(item.paths, item.names, strict=True)
            items |= {name: stills_item(dataset.name, (path,), (name,)) for path, name in stills}
        else:
            items[item.name] = item
    return items


def _matched(
    names: tuple[str, str], one: Mapping[str, Item], other: Mapping[str, Item]
) -> Mapping[str, tuple[Item, Item]]:
    """Name -> reference and distorted. Raises MissingData, and InvalidValue for pictures that are no sequence."""
    are_folders = all(Path(name).expanduser().is_dir() for name in names)
    if _is_film(one) and _are_stills(other):
        other = _sequence(names[1], other)
    elif _is_film(other) and _are_stills(one):
        one = _sequence(names[0], one)
    if len(one) == len(other) == 1 and not (are_folders and one.keys() != other.keys()):
        return {name: (item, partner) for (name, item), partner in zip(one.items(), other.values(), strict=True)}
    lacking = [*_lacking(one, other, names[1]), *_lacking(other, one, names[0])]
    if lacking:
        todo = "call the files of a pair alike (suffixes may differ), or take out those without a partner"
        raise MissingData(f"each file of {names[0]} and {names[1]} in both", "; ".join(lacking), todo)
    return {name: (item, other[name]) for name, item in one.items()}


def _lacking(here: Iterable[str], there: Mapping[str, Item], place: str) -> list[str]:
    missing = [name for name in here if name not in there]
    return [f"no partner in {place} for {len(missing)}: {abridged(missing, NAMED)}"] if missing else []


def _is_film(items: Mapping[str, Item]) -> bool:
    return len(items) == 1 and all(item.medium != "stills" for item in items.values())


def _are_stills(items: Mapping[str, Item]) -> bool:
    return all(item.medium == "stills" for item in items.values())


def _sequence(place: str, stills: Mapping[str, Item]) -> dict[str, Item]:
    """Pictures as the frames of a video. Raises InvalidValue where their names do not number them one by one."""
    numbered: dict[int, Path] = {}
    todo = "call them 000000.png, 000001.png ..., as `ahc-stream decode -o FOLDER/` does"
    expected = f"pictures numbered one by one in {place}, as frames of a video"
    for name, item in stills.items():
        number = _NUMBER.search(item.paths[0].stem)
        if number is None or int(number[0]) in numbered:
            got = f"no number at the end of {name}" if number is None else f"the number of {name} twice"
            raise InvalidValue(expected, got, todo)
        numbered[int(number[0])] = item.paths[0]
    order = sorted(numbered)
    first = min(order[0], 1)
    gap = next((number for number in range(first, order[-1]) if number not in numbered), None)
    if gap is not None:
        raise InvalidValue(f"{expected}, from 0 or 1 on", f"none of the number {gap}", todo)
    dataset = next(iter(stills.values())).dataset
    return {dataset: Item(dataset, dataset, "sequence", tuple(numbered[number] for number in order))}


def _checked(name: str, reference: Item, distorted: Item, limits: Limits) -> Pair:
    """Raises InvalidValue for a picture against a video and for sizes that differ, and MediaError."""
    if (reference.medium == "stills") != (distorted.medium == "stills"):
        got = f"{reference.paths[0]} and {distorted.paths[0]}"
        raise InvalidValue("two pictures or two videos", got, "name files of one kind")
    width, height = size = _size(reference, limits)
    other = _size(distorted, limits)
    if size != other:
        got = f"{width} x {height} in {reference.paths[0]} and {other[0]} x {other[1]} in {distorted.paths[0]}"
        raise InvalidValue("frames of one size", got, "resize or crop one of them first: no metric does that by itself")
    return Pair(name, reference, distorted, width, height)


def _size(item: Item, limits: Limits) -> tuple[int, int]:
    """(width, height) by the file's header. Raises MediaError and MissingData."""
    if item.raw is not None:
        return item.raw.width, item.raw.height
    if item.medium == "video":
        with opened(item.paths[0], item.stream, limits) as video:
            return video.stream.codec_context.width, video.stream.codec_context.height
    with opened_image(item.paths[0], limits) as image:
        return stored_size(image)


def _cut(pair: Pair, cut: range) -> Pair:
    return replace(pair, reference=replace(pair.reference, cut=cut), distorted=replace(pair.distorted, cut=cut))
