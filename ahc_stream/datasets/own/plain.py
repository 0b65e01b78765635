"""Pictures and videos without labels: a folder, a file, or a list of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ahc_stream.core.wording import are, counted
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.folder import dataset_name, media_items, open_folder
from ahc_stream.datasets.own.image_list import read_list
from ahc_stream.datasets.own.naming import names_below
from ahc_stream.datasets.own.place import Place

FOR_ONE_PICTURE = {
    ".txt": "--as yolo reads rows `class cx cy w h`",
    ".xml": "they are not read: export them as YOLO's or COCO's",
    ".json": "they are not read one by one: export them as YOLO's or COCO's",
}
"""Suffix of a file of labels for each picture -> how its labels come into a run."""
FOR_ALL = {
    ".json": "--labels FILE reads COCO's instances",
    ".csv": "it is not read: export it as COCO's instances",
}
"""Suffix of a file of labels for all pictures -> the same."""


def find_list(place: Place) -> str | None:
    """A text file."""
    return "a list of files" if place.path.is_file() and place.path.suffix.lower() == ".txt" else None


def open_list(place: Place) -> Dataset:
    """The files that it lists, in its order. Raises MediaError and MissingData."""
    files = read_list(place.path)
    names = names_below(place.path.parent, files)
    dataset = dataset_name(place.path)
    return Dataset(dataset, media_items(dict(zip(files, names, strict=True)), dataset, place.reading))


def find_files(place: Place) -> str | None:
    """Anything: what it holds is looked at when it is opened."""
    return "images and videos"


def open_files(place: Place) -> Dataset:
    """As `folder.open_folder` has it, and a note of files beside the pictures that look like their labels."""
    dataset = open_folder(place.path, told=place.reading)
    return dataset.noting(*labels_beside(place))


def labels_beside(place: Place) -> Iterator[str]:
    """What lies beside pictures, looks like their labels and is not used, with how it would be."""
    stems = {path.stem for path in place.images}
    others = [path for path in place.tree.files if stems and not place.tree.runs.intersection(path.parents)]
    of_one = [path for path in others if path.stem in stems]
    of_all = [path for path in others if path.stem not in stems]
    yield from _may_be_labels(place, of_one, FOR_ONE_PICTURE)
    yield from _may_be_labels(place, of_all, FOR_ALL)


def _may_be_labels(place: Place, files: Sequence[Path], how_to_use: Mapping[str, str]) -> Iterator[str]:
    for suffix, how in how_to_use.items():
        of_suffix = [path for path in files if path.suffix.lower() == suffix]
        if of_suffix:
            what = f"{counted(len(of_suffix), f'{suffix} file')} such as {place.shown(of_suffix[0])}"
            yield f"{what} may be labels and {are(len(of_suffix))} not used: {how}"
