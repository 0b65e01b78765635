"""A tree of class folders, as torchvision's ImageFolder reads it: a picture's class is the folder that it lies in.

ROOT/[SPLIT/]CLASS/NAME.jpg
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import pyarrow as pa

from ahc_stream.core.errors import MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.labels import CLASSES
from ahc_stream.core.wording import counted
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.folder import dataset_name
from ahc_stream.datasets.items import item_names, stills_items
from ahc_stream.datasets.media import is_video, passed_over, unread
from ahc_stream.datasets.own.place import Place
from ahc_stream.datasets.own.splits import choose, part_of

LEAST_CLASSES = 2
"""Folders of one kind of picture are a class each; a single one is just a folder."""


def find_image_folder(place: Place) -> str | None:
    """All pictures in folders of one depth, two of those at least, and nothing but pictures."""
    if place.reading.split is not None and not _splits(place):
        return None
    root = _root(place)
    inside = [path.relative_to(root) for path in place.images if path.is_relative_to(root)]
    classes = {path.parts[0] for path in inside}
    is_flat = all(len(path.parts) == 2 for path in inside)
    if not is_flat or len(classes) < LEAST_CLASSES or any(map(is_video, place.tree.files)):
        return None
    return f"{counted(len(classes), 'folder')} of images"


def open_image_folder(place: Place) -> Dataset:
    """The pictures in order, called by their path, and the class of each. Raises MissingData and InvalidValue."""
    root = _root(place)
    paths = [path for path in place.images if path.is_relative_to(root)]
    inside = [path.relative_to(root) for path in paths]
    loose = [path for path in inside if len(path.parts) == 1]
    if not inside or loose:
        got = f"{loose[0]} right in it" if loose else "no image"
        todo = "put each image into the folder of its class, or take it as plain pictures: --as files"
        raise MissingData(f"folders of classes in {root}", got, todo)
    dataset, names = dataset_name(place.path), item_names(inside)
    labels = {"classification": _table(dataset, names, inside)}
    notes = (*passed_over(place.tree.files, place.tree.runs), *unread(place.tree))
    return Dataset(dataset, stills_items(dataset, paths, names), labels, notes=notes)


def _root(place: Place) -> Path:
    """The folder of the class folders: the place, or a split of it where all of its folders are splits.

    Raises InvalidValue for a split that is not there.
    """
    splits = _splits(place)
    if place.reading.split is None and not splits:
        return place.path
    return place.path / choose(splits, place.reading.split, str(place.path))


def _splits(place: Place) -> list[str]:
    """The folders of pictures right in the place, where each is a split; none where one is not."""
    folders = sorted({path.relative_to(place.path).parts[0] for path in place.images})
    return folders if all(map(part_of, folders)) else []


def _table(dataset: str, names: Sequence[str], paths: Sequence[PurePath]) -> pa.Table:
    columns = {
        "dataset": [dataset] * len(names),
        "item": names,
        "frame": [0] * len(names),
        "class_name": [readable(path.parts[0]) for path in paths],
    }
    return pa.table(columns, schema=CLASSES)
