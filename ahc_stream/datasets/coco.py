"""COCO's detection images in the official layout, as val2017.zip and annotations_trainval2017.zip unpack.

    ROOT/val2017/000000000139.jpg ...
    ROOT/annotations/instances_val2017.json

By the images that are there: a part of the set works, and labels of other images are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import BOXES
from ahc_stream.datasets.folder import stills_items

IMAGES = "val2017"
ANNOTATIONS = "annotations/instances_val2017.json"


def open_coco(root: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images that are here, in the order of their file names, and their boxes.

    An image's item name is its file's name without suffix. A box has the area of its mask, as COCO's sizes want it, and
    `iscrowd` makes it a region to ignore. Raises MissingData (none of the images) and MediaError (another JSON).
    """
    truth = _read(root / ANNOTATIONS)
    here = {image["id"]: root.absolute() / IMAGES / image["file_name"] for image in _here(truth, root)}
    if not here:
        raise MissingData(f"images of {ANNOTATIONS}", f"none in {root / IMAGES}", "unpack val2017.zip there")
    paths = sorted(here.values())
    return stills_items(dataset, paths, [path.stem for path in paths]), {"detection": _boxes(dataset, truth, here)}


def lacks(root: Path) -> list[str]:
    """What `root` lacks to be read at all."""
    return [
        *([] if next((root / IMAGES).glob("*.jpg"), None) else [f"{IMAGES}/*.jpg"]),
        *([] if (root / ANNOTATIONS).is_file() else [ANNOTATIONS]),
    ]


def notes(root: Path) -> list[str]:
    """How many of the images are here, where it is not all of them. Raises MediaError."""
    truth = _read(root / ANNOTATIONS)
    here, all_of_them = len(_here(truth, root)), len(truth["images"])
    return [] if here == all_of_them else [f"{here} of the {all_of_them} images of {ANNOTATIONS} are here"]


def _read(path: Path) -> dict[str, Any]:
    try:
        truth = json.loads(path.read_bytes())
        lacking = {"images", "annotations", "categories"} - truth.keys()
    except (ValueError, AttributeError) as error:  # no JSON, or no object
        raise MediaError(f"COCO's instances in {path}", str(error), "unpack the annotations again") from error
    if lacking:
        raise MediaError(f"COCO's instances in {path}", f"no {', '.join(sorted(lacking))}", "unpack them again")
    return truth


def _here(truth: dict[str, Any], root: Path) -> list[dict[str, Any]]:
    there = {path.name for path in (root / IMAGES).iterdir()}
    return [image for image in truth["images"] if image["file_name"] in there]


def _boxes(dataset: str, truth: dict[str, Any], here: Mapping[int, Path]) -> pa.Table:
    """Rows of the schema BOXES, in the order of the annotations."""
    names = {category["id"]: category["name"] for category in truth["categories"]}
    rows = [row for row in truth["annotations"] if row["image_id"] in here]
    x, y, width, height = zip(*(map(float, row["bbox"]) for row in rows), strict=True) if rows else ((), (), (), ())
    columns = {
        "dataset": [dataset] * len(rows),
        "item": [here[row["image_id"]].stem for row in rows],
        "frame": [0] * len(rows),
        "track_id": [-1] * len(rows),
        "class_name": [names[row["category_id"]] for row in rows],
        "x1": x,
        "y1": y,
        "x2": [left + side for left, side in zip(x, width, strict=True)],
        "y2": [top + side for top, side in zip(y, height, strict=True)],
        "area": [float(row["area"]) for row in rows],
        "ignore": [bool(row["iscrowd"]) for row in rows],
    }
    return pa.table(columns, schema=BOXES)
