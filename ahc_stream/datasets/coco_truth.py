"""The file of COCO's instances: which fields it has, what each means, and what one that is missing means.

    images         id, file_name
    categories     id, name
    annotations    image_id, category_id, bbox [left, top, width, height] in pixels; optional: id, area of the mask in
                   pixels^2 (else width x height), iscrowd (else 0), segmentation and keypoints (`coco_shapes`)

A mask or keypoints that are neither of COCO's forms are left out, and noted: boxes are of use without them.
An identifier may be a number of any size or a text; 7 and "7" are the same. Fields of other names are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from ahc_stream.core.errors import MediaError
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_json import read_json
from ahc_stream.core.foreign_text import shown
from ahc_stream.datasets.coco_shapes import CocoMask, read_keypoints, read_mask
from ahc_stream.datasets.fields import AREA, BOX, JsonRecord, records
from ahc_stream.datasets.files import inside

Value = TypeVar("Value")

TODO = "unpack the annotations again, or write them as COCO's are"


class Box(NamedTuple):
    """An annotation. category: its id, as text. Pixels, pixels^2."""

    category: str
    class_name: str
    left: float
    top: float
    width: float
    height: float
    area: float
    is_crowd: bool


@dataclass(frozen=True, eq=False)
class CocoTruth:
    """What the file holds. Ids are texts.

    files:       image id -> file name, slashes as folders.
    categories:  category id -> name.
    boxes:       image id and box of every annotation, in their order.
    sizes:       image id -> width and height in pixels, of the images whose record says them.
    masks:       of every annotation its mask; None where it has none.
    keypoints:   of every annotation x, y, v of each of its keypoints; None where it has none.
    odd:         annotations with a mask or keypoints that are in neither of COCO's forms, or a mask of another size.
    """

    files: Mapping[str, str]
    categories: Mapping[str, str]
    boxes: Sequence[tuple[str, Box]]
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    masks: Sequence[CocoMask | None] = ()
    keypoints: Sequence[tuple[float, ...] | None] = ()
    odd: Sequence[str] = ()


def read_truth(path: Path) -> CocoTruth:
    """Raises MissingData, and MediaError that names the record: a field that is missing or odd, an id that two records
    have, an annotation of an image or a category that is not listed."""
    content = read_json(path, TODO)
    lacking = [table for table in ("images", "annotations", "categories") if table not in content]
    if lacking:
        raise MediaError(f"COCO's instances in {path}", f"no {', '.join(lacking)}", TODO)
    files: dict[str, str] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for record in records(content, "images", path):
        files |= _different(files, record, _file_name(record))
        sizes |= _size(record)
    names: dict[str, str] = {}
    for record in records(content, "categories", path):
        names |= _different(names, record, readable(record.text("name")))
    boxes, ids = [], set[str]()
    masks, keypoints, odd = [], [], list[str]()
    for record in records(content, "annotations", path):
        if record.has("id"):
            annotation = record.identity("id")
            if annotation in ids:
                raise record.error("an id of its own", "that of an earlier annotation")
            ids.add(annotation)
        image = _listed(record, "image_id", "images", files)
        boxes.append((image, _box(record, names)))
        masks.append(_read(record, "segmentation", partial(_mask_of, sizes.get(image)), odd))
        keypoints.append(_read(record, "keypoints", read_keypoints, odd))
    return CocoTruth(files, names, boxes, sizes, masks, keypoints, odd)


def _mask_of(size: tuple[int, int] | None, segmentation: object) -> CocoMask | None:
    """The mask, of an image of that width and height where they are known. Raises ValueError for another size."""
    mask = read_mask(segmentation)
    if mask and size and mask.counts and (mask.width, mask.height) != size:
        raise ValueError("run lengths of another picture")
    return mask


def _read(record: JsonRecord, name: str, read: Callable[[object], Value | None], odd: list[str]) -> Value | None:
    """What the field says; None where it says nothing, and where it says what `odd` then names."""
    try:
        return read(record.values.get(name))
    except ValueError:
        odd.append(f"{name} of {record.name}")
        return None


def _different(known: Mapping[str, str], record: JsonRecord, value: str) -> dict[str, str]:
    """The record's id with its value. Raises MediaError where an earlier record has the id and another value."""
    identifier = record.identity("id")
    if known.get(identifier, value) != value:
        raise record.error("an id of its own", f"that of {shown(known[identifier])}")
    return {identifier: value}


def _size(record: JsonRecord) -> dict[str, tuple[int, int]]:
    """The image's id with its size; nothing where the record does not say it in whole numbers."""
    width, height = record.values.get("width"), record.values.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        return {}
    return {record.identity("id"): (width, height)}


def _file_name(record: JsonRecord) -> str:
    """As it is below a folder of images: "C:\\" and ".." name nothing there."""
    name = record.text("file_name")
    try:
        return inside(Path(), name).as_posix()
    except ValueError as error:
        raise record.error("as file_name a file in the folder of images", shown(name)) from error


def _listed(record: JsonRecord, field: str, table: str, known: Mapping[str, str]) -> str:
    identifier = record.identity(field)
    if identifier not in known:
        raise record.error(f"as {field} the id of one of the {len(known)} {table}", shown(record.values[field]))
    return identifier


def _box(record: JsonRecord, names: Mapping[str, str]) -> Box:
    category = _listed(record, "category_id", "categories", names)
    left, top, width, height = record.numbers("bbox", BOX)
    area = record.number("area", AREA) if record.has("area") else width * height
    return Box(category, names[category], left, top, width, height, area, record.flag("iscrowd"))
