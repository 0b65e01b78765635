"""YOLO's layout: a text file of labels for each picture, and a data.yaml that says where they are.

    ROOT/data.yaml                        see `yolo_yaml`; without it classes are called by their numbers
    ROOT/images/[SPLIT/]NAME.jpg
    ROOT/labels/[SPLIT/]NAME.txt          see `yolo_rows`; a picture without one has nothing to find

A label file is found by ultralytics' rule: the last /images/ of the picture's path becomes /labels/; where there is
none it lies beside the picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.threads import spread
from ahc_stream.core.wording import counted
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.files import children, is_file, walk
from ahc_stream.datasets.folder import dataset_name
from ahc_stream.datasets.items import stills_items
from ahc_stream.datasets.media import is_image
from ahc_stream.datasets.own.boxes import LabelledBox, table_of_boxes
from ahc_stream.datasets.own.image_list import read_list
from ahc_stream.datasets.own.naming import names_below
from ahc_stream.datasets.own.outlines import CORNER_NUMBERS, LabelledOutline, crossing_notes, table_of_outlines
from ahc_stream.datasets.own.place import Place
from ahc_stream.datasets.own.splits import choose, part_of
from ahc_stream.datasets.own.upright import StoredPicture, canvas_of, stored_pixels, stored_point
from ahc_stream.datasets.own.yolo_rows import YoloRow, looks_like_rows, read_rows
from ahc_stream.datasets.own.yolo_yaml import DataYaml, is_data_yaml, read_data_yaml

IMAGES, LABELS = f"{os.sep}images{os.sep}", f"{os.sep}labels{os.sep}"
NAME_LISTS = frozenset({"classes.txt", "obj.names", "predefined_classes.txt", "notes.txt", "train.txt", "val.txt"})
"""Text files that label tools leave among labels, and that are none."""
PEEKED = 20
"""Label files that are looked into to know the layout."""


def find_yolo(place: Place) -> str | None:
    """A data.yaml, or a text of label rows where one of the pictures has its own."""
    yamls = _yamls(place)
    if yamls:
        return ", ".join(map(place.shown, yamls))
    labels = [path for path in map(label_file, place.images) if is_file(path)]
    rows = next((path for path in labels[:PEEKED] if looks_like_rows(path)), None)
    return None if rows is None else f"{counted(len(labels), 'label file')} such as {place.shown(rows)}"


def label_file(image: Path) -> Path:
    """Where the labels of a picture lie, if it has any."""
    return Path(LABELS.join(str(image).rsplit(IMAGES, 1))).with_suffix(".txt")


@dataclass(frozen=True)
class YoloPictures:
    """The pictures of a split.

    dataset:  what they are called together.
    paths:    absolute, in order. names: what rows call each.
    part:     where they come from, and what classes are called.
    """

    dataset: str
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    part: DataYaml


def pictures_of(place: Place) -> YoloPictures:
    """Raises MissingData, MediaError and InvalidValue."""
    file = _yaml(place)
    part = read_data_yaml(file, place.reading.split) if file else _without_yaml(place)
    owner = file.parent if file else place.path
    paths = _labelled_pictures(part)
    names = names_below(part.sources[0] if len(part.sources) == 1 else owner, paths)
    return YoloPictures(dataset_name(owner), tuple(paths), tuple(names), part)


def open_yolo(place: Place) -> Dataset:
    """The pictures of a split and their boxes; where every label has four corners, their oriented boxes too. Raises
    MissingData, MediaError and InvalidValue."""
    pictures = pictures_of(place)
    dataset, paths, names, part = pictures.dataset, pictures.paths, pictures.names, pictures.part
    of_pictures = spread(partial(_boxes_of, classes=part.names), list(zip(paths, names, strict=True)))
    boxes = [box for of_picture in of_pictures for box in of_picture or ()]
    labels = {"detection": table_of_boxes(dataset, boxes)}
    notes = list(_notes(paths, part))
    if boxes and all(len(box.outline) == CORNER_NUMBERS for box in boxes):
        oriented = [LabelledOutline(box.item, box.class_name, box.outline) for box in boxes]
        labels["obb"] = table_of_outlines(dataset, oriented)
        notes += crossing_notes(oriented)
    unread = sum(of_picture is None for of_picture in of_pictures)
    if unread:
        notes.append(f"{counted(unread, 'labelled image')} cannot be opened")
    return Dataset(dataset, stills_items(dataset, paths, names), labels, notes=tuple(notes))


def _yaml(place: Place) -> Path | None:
    """The data.yaml; None where there is none. Raises InvalidValue where there are several."""
    yamls = _yamls(place)
    if len(yamls) > 1:
        got = ", ".join(map(place.shown, yamls))
        raise InvalidValue(f"one data.yaml in {place.path}", got, "name the file instead of the folder")
    return yamls[0] if yamls else None


def _yamls(place: Place) -> list[Path]:
    """The file itself, or those right in the folder."""
    if place.path.is_file():
        return [place.path] if _is_yaml(place.path) else []
    return [path for path in children(place.path) if _is_yaml(path) and is_data_yaml(path)]


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in (".yaml", ".yml") and is_file(path)


def _without_yaml(place: Place) -> DataYaml:
    """The pictures of a folder or a list; of images/train, images/val ... those of one split."""
    if place.path.is_file():
        return DataYaml("the list", (place.path,), ())
    parts = [path for path in children(place.path / "images") if path.is_dir() and part_of(path.name)]
    if not parts:
        return DataYaml("the folder", (place.path,), ())
    chosen = choose([path.name for path in parts], place.reading.split, str(place.path / "images"))
    return DataYaml(chosen, (place.path / "images" / chosen,), ())


def _labelled_pictures(part: DataYaml) -> list[Path]:
    """The pictures of a split. Raises MissingData where there are none, and where none of them has a label file: that
    is no set of pictures with nothing to find."""
    paths = [path for source in part.sources for path in _pictures(source)]
    if not paths:
        raise MissingData(f"images of {part.split}", f"none in {', '.join(map(str, part.sources))}", "put them there")
    if not any(is_file(label_file(path)) for path in paths):
        got = f"none of {counted(len(paths), 'image')} has one, such as {label_file(paths[0])}"
        todo = "put the labels there, or run the pictures without them: --as files"
        raise MissingData(f"labels of {part.split}", got, todo)
    return paths


def _pictures(source: Path) -> list[Path]:
    """Of a folder or a list, absolute. Raises MissingData and MediaError."""
    if source.is_dir():
        return [path for path in walk(source).files if is_image(path)]
    return [source.absolute()] if is_image(source) else [path for path in read_list(source) if is_image(path)]


def _boxes_of(picture: tuple[Path, str], classes: Sequence[str]) -> list[LabelledBox] | None:
    """The labels of one picture; None where it has some and cannot be opened."""
    path, name = picture
    file = label_file(path)
    rows = read_rows(file, len(classes) or None) if is_file(file) else []
    if not rows:
        return []
    canvas = canvas_of(path)
    if canvas is None:
        return None
    called = classes or range(max(row.class_number for row in rows) + 1)
    return [_box_of(row, name, readable(str(called[row.class_number])), canvas) for row in rows]


def _box_of(row: YoloRow, item: str, class_name: str, canvas: StoredPicture) -> LabelledBox:
    points = [stored_point(x, y, canvas) for x, y in zip(row.outline[::2], row.outline[1::2], strict=True)]
    outline = tuple(value for point in points for value in point)
    return LabelledBox(item, class_name, stored_pixels(row.corners, canvas), outline)


def _notes(paths: Sequence[Path], part: DataYaml) -> Iterator[str]:
    expected = {label_file(path) for path in paths}
    without = sum(not is_file(path) for path in expected)
    if without:
        yield f"{counted(without, 'image')} without a label file: there is nothing to find in them"
    there = {path for folder in {path.parent for path in expected} for path in children(folder)}
    strays = sorted(path for path in there - expected if path.suffix == ".txt" and path.name not in NAME_LISTS)
    if strays:
        yield f"{counted(len(strays), 'label file')} without an image passed over, such as {readable(strays[0])}"
    if not part.names:
        yield "no data.yaml: classes are called by their numbers; --classes FILE names them"
