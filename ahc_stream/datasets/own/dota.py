"""DOTA's layout: a text file of outlines for each picture.

    ROOT/[SPLIT/]images/NAME.png
    ROOT/[SPLIT/]labelTxt/NAME.txt      see `dota_rows`; a picture without one has nothing to find

Coordinates are pixels of the picture as it is stored: DOTA's are PNG files, which nobody turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ahc_stream.core.errors import MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.labels import BOXES
from ahc_stream.core.threads import spread
from ahc_stream.core.wording import counted
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.files import children, is_file, walk
from ahc_stream.datasets.folder import dataset_name
from ahc_stream.datasets.items import stills_items
from ahc_stream.datasets.media import is_image
from ahc_stream.datasets.own.dota_rows import DotaRow, read_dota_rows
from ahc_stream.datasets.own.naming import names_below
from ahc_stream.datasets.own.outlines import LabelledOutline, crossing_notes, table_of_outlines
from ahc_stream.datasets.own.place import Place
from ahc_stream.datasets.own.splits import choose

IMAGES, LABELS = "images", "labelTxt"


def find_dota(place: Place) -> str | None:
    """A labelTxt/ beside images/, in the folder itself or in those right below, one for each split."""
    folders = _folders(place)
    return ", ".join(place.shown(folder / LABELS) for folder in folders) or None


def open_dota(place: Place) -> Dataset:
    """The pictures of a split with their outlines, and with the boxes around these for detection. Raises MissingData,
    MediaError and InvalidValue."""
    folder = _folder(place)
    paths = [path for path in walk(folder / IMAGES).files if is_image(path)]
    if not paths:
        raise MissingData("images", f"none in {folder / IMAGES}", "put them there")
    names = names_below(folder / IMAGES, paths)
    files = [_label_file(folder, path) for path in paths]
    if not any(map(is_file, files)):
        got = f"none of {counted(len(paths), 'image')} has one, such as {files[0]}"
        todo = "put the labels there, or run the pictures without them: --as files"
        raise MissingData("labels", got, todo)
    dataset = dataset_name(place.path)
    outlines = [
        LabelledOutline(name, row.class_name, row.corners, row.is_difficult)
        for name, rows in zip(names, spread(_rows, files), strict=True)
        for row in rows
    ]
    oriented = table_of_outlines(dataset, outlines)
    labels = {"detection": oriented.select(BOXES.names), "obb": oriented}
    notes = (*_notes(folder, files), *crossing_notes(outlines))
    return Dataset(dataset, stills_items(dataset, paths, names), labels, notes=notes)


def _folders(place: Place) -> list[Path]:
    """The folder itself, else those right below it, that have both."""
    if not place.path.is_dir():
        return []
    found = [path for path in (place.path, *children(place.path)) if _has_both(path)]
    return found[:1] if place.path in found else found


def _has_both(folder: Path) -> bool:
    return (folder / LABELS).is_dir() and (folder / IMAGES).is_dir()


def _folder(place: Place) -> Path:
    """That of the split. Raises MissingData and InvalidValue."""
    folders = {path.name: path for path in _folders(place)}
    if not folders:
        raise MissingData(f"{LABELS}/ beside {IMAGES}/", f"none in {place.path}", "put both into one folder")
    return folders[choose(folders, place.reading.split, str(place.path))]


def _label_file(folder: Path, image: Path) -> Path:
    return (folder / LABELS / image.relative_to((folder / IMAGES).absolute())).with_suffix(".txt")


def _rows(file: Path) -> list[DotaRow]:
    return read_dota_rows(file) if is_file(file) else []


def _notes(folder: Path, files: Sequence[Path]) -> Iterator[str]:
    without = sum(not is_file(file) for file in files)
    if without:
        yield f"{counted(without, 'image')} without a label file: there is nothing to find in them"
    strays = sorted({path for path in walk(folder / LABELS).files if path.suffix == ".txt"} - set(files))
    if strays:
        yield f"{counted(len(strays), 'label file')} without an image passed over, such as {readable(strays[0])}"
