"""Licence plates of the USA as openalpr's benchmark has them: cut-out plates, or photos of cars.

    ROOT/groundtruth.csv    one line per cut-out plate: file,state,text; or file,text below a line image,text
    ROOT/[usimages/]*.png

    ROOT/NAME.jpg           a photo, and beside it
    ROOT/NAME.txt           NAME.jpg, left, top, width, height, text, parted by tabs: one line per plate

Either may lie anywhere below the root. A text is what its owner typed: on many plates O and 0 are printed the same.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import TEXTS
from ahc_stream.datasets.folder import IMAGES, stills_items

CSV = "groundtruth.csv"
PICTURES = "usimages"
REGIONS = pa.schema([*TEXTS, *((name, pa.float64()) for name in ("left", "top", "right", "bottom"))])
"""TEXTS, and where in the photo each stands in pixels (right and bottom exclusive); null: anywhere."""

Label = tuple[Path, str, tuple[float, float, float, float] | None]


def open_plates(root: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images that have a label and are there, sorted by path, and `labels["ocr"]`, REGIONS.

    An item is called after its file: "ak721.png". Raises MissingData and MediaError.
    """
    root = root.absolute()
    labels = sorted(label for label in find_labels(root) if label[0].is_file())
    if not labels:
        raise MissingData(f"{CSV} with its images, or photos with a .txt each", f"none below {root}", "check the path")
    names = {path: path.relative_to(root).as_posix() for path, _, _ in labels}
    rows = [_row(dataset, names[path], text, region) for path, text, region in labels]
    return stills_items(dataset, list(names), list(names.values())), {"ocr": pa.Table.from_pylist(rows, REGIONS)}


def lacks(root: Path) -> list[str]:
    """What a folder lacks to be the dataset."""
    found = any(path.is_file() for path, _, _ in find_labels(root))
    return [] if found else [f"{CSV} with its images, or photos with a .txt each"]


def notes(root: Path) -> list[str]:
    """How many of the labelled images are there."""
    paths = {path for path, _, _ in find_labels(root)}
    here = sum(path.is_file() for path in paths)
    return [] if here == len(paths) else [f"{here} of the {len(paths)} labelled images are here"]


def find_labels(root: Path) -> Iterator[Label]:
    """Path, text and region of every plate below `root`, in no order. Raises MediaError for a line that is none."""
    for file in root.rglob(CSV):
        yield from _cut_out(file)
    for file in root.rglob("*.txt"):
        if any(file.with_suffix(suffix).is_file() for suffix in IMAGES):
            yield from _of_photo(file)


def _cut_out(file: Path) -> Iterator[Label]:
    pictures = file.parent / PICTURES
    with file.open(newline="", encoding="utf-8-sig") as lines:
        for fields in csv.reader(lines):
            if len(fields) not in (2, 3) or not fields[0]:
                raise MediaError(f"file,text or file,state,text in each line of {file}", f"{fields}", "correct it")
            if fields != ["image", "text"]:
                yield (pictures if pictures.is_dir() else file.parent) / fields[0], fields[-1], None


def _of_photo(file: Path) -> Iterator[Label]:
    for line in filter(str.strip, file.read_text(encoding="utf-8").splitlines()):
        name, *numbers, text = line.split("\t") if "\t" in line else line.split()
        try:
            left, top, width, height = map(float, numbers)
        except ValueError as error:
            todo = "write: NAME.jpg left top width height TEXT"
            raise MediaError(f"a file, four numbers and a text in {file}", repr(line), todo) from error
        yield file.parent / name, text, (left, top, left + width, top + height)


def _row(dataset: str, name: str, text: str, region: tuple[float, ...] | None) -> dict[str, Any]:
    return dict(zip(REGIONS.names, (dataset, name, 0, text, *(region or (None,) * 4)), strict=True))
