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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import TextLine, line_error, read_lines, shown
from ahc_stream.core.labels import TEXTS
from ahc_stream.datasets.fields import BOX
from ahc_stream.datasets.files import inside, is_file, walk
from ahc_stream.datasets.items import apart, stills_items
from ahc_stream.datasets.media import is_image

CSV = "groundtruth.csv"
HEAD = ["image", "text"]
PICTURES = "usimages"
REGIONS = pa.schema([*TEXTS, *((name, pa.float64()) for name in ("left", "top", "right", "bottom"))])
"""TEXTS, and where in the photo each stands in pixels (right and bottom exclusive); null: anywhere."""


@dataclass(frozen=True)
class Plate:
    """One label: the image it is of, the text, and where it stands (left, top, right, bottom; empty: anywhere)."""

    path: Path
    text: str
    region: tuple[float, ...] = ()


def open_plates(root: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images that have a label and are there, sorted by path, and `labels["ocr"]`, REGIONS.

    An item is called after its file: "ak721.png". Raises MissingData and MediaError.
    """
    root = root.absolute()
    here = [plate for plate in find_labels(root) if is_file(plate.path)]
    if not here:
        raise MissingData(f"{CSV} with its images, or photos with a .txt each", f"none below {root}", "check the path")
    labels = sorted(here, key=lambda plate: (plate.path, plate.text, plate.region))
    paths = list(dict.fromkeys(plate.path for plate in labels))
    names = dict(zip(paths, apart(readable(path.relative_to(root).as_posix()) for path in paths), strict=True))
    rows = [_row(dataset, names[plate.path], plate) for plate in labels]
    return stills_items(dataset, paths, list(names.values())), {"ocr": pa.Table.from_pylist(rows, REGIONS)}


def lacks(root: Path) -> list[str]:
    """What a folder lacks to be the dataset."""
    has_plates = any(is_file(plate.path) for plate in find_labels(root))
    return [] if has_plates else [f"{CSV} with its images, or photos with a .txt each"]


def notes(root: Path) -> list[str]:
    """How many of the labelled images are there."""
    paths = {plate.path for plate in find_labels(root)}
    here = sum(map(is_file, paths))
    return [] if here == len(paths) else [f"{here} of the {len(paths)} labelled images are here"]


def find_labels(root: Path) -> Iterator[Plate]:
    """Every plate below `root`, each once. Raises MediaError for a line that is none."""
    files = walk(root).files
    photos = {file.with_suffix("") for file in files if is_image(file)}
    for file in files:
        if file.name == CSV:
            yield from _cut_out(file)
        elif file.suffix == ".txt" and file.with_suffix("") in photos:
            yield from dict.fromkeys(_of_photo(file, line) for line in read_lines(file))


def _cut_out(file: Path) -> Iterator[Plate]:
    """The plates of a table. One that is listed twice in the same words is one; in others, nobody knows its text."""
    pictures = file.parent / PICTURES
    folder = pictures if pictures.is_dir() else file.parent
    texts: dict[Path, str] = {}
    for line in read_lines(file):
        fields = _fields(file, line)
        if fields == HEAD:
            continue
        path, text = _inside(file, line, folder, fields[0]), fields[-1]
        if texts.get(path, text) != text:
            raise line_error(
                file, line.number, f"one text of {shown(fields[0])}", f"{shown(texts[path])} and {shown(text)}"
            )
        if path not in texts:
            yield Plate(path, text)
        texts[path] = text


def _fields(file: Path, line: TextLine) -> list[str]:
    try:
        fields = next(csv.reader([line.text], strict=True))
    except csv.Error as error:
        raise line_error(file, line.number, "comma-separated fields", str(error)) from error
    if len(fields) not in (2, 3) or not fields[0]:
        raise line_error(file, line.number, "file,text or file,state,text", shown(line.text))
    return fields


def _of_photo(file: Path, line: TextLine) -> Plate:
    name, *numbers, text = _words(line.text)
    try:
        left, top, width, height = (field_range.read(number) for field_range, number in zip(BOX, numbers, strict=True))
    except ValueError as error:
        todo = "write: NAME.jpg left top width height TEXT"
        expected = "a file, four numbers in pixels and a text"
        raise line_error(file, line.number, expected, shown(line.text), todo) from error
    return Plate(_inside(file, line, file.parent, name), text, (left, top, left + width, top + height))


def _words(text: str) -> list[str]:
    """The fields of a line, parted by tabs or, where it has none, by spaces; an empty one in front of a single word."""
    words = text.split("\t") if "\t" in text else text.split()
    return words if len(words) > 1 else ["", *words]


def _inside(file: Path, line: TextLine, folder: Path, name: str) -> Path:
    try:
        return inside(folder, name)
    except ValueError as error:
        raise line_error(file, line.number, f"an image in {folder}", shown(name)) from error


def _row(dataset: str, name: str, plate: Plate) -> dict[str, Any]:
    values = (dataset, name, 0, plate.text, *(plate.region or (None,) * 4))
    return dict(zip(REGIONS.names, values, strict=True))
