"""COCO's detection images in the official layout, as val2017.zip and annotations_trainval2017.zip unpack.

    ROOT/val2017/000000000139.jpg ...
    ROOT/annotations/instances_val2017.json
    ROOT/annotations/person_keypoints_val2017.json     optional: labels of pose

By the images that are there: a part of the set works, and labels of other images are left out. What the fields of the
file mean is in `coco_truth`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MissingData
from ahc_stream.core.labels import BOXES, KEYPOINTS, MASKS
from ahc_stream.core.wording import counted
from ahc_stream.datasets.coco_shapes import CocoMask
from ahc_stream.datasets.coco_truth import Box, CocoTruth, read_truth
from ahc_stream.datasets.files import walk
from ahc_stream.datasets.items import item_names, stills_items
from ahc_stream.datasets.media import is_image

IMAGES = "val2017"
ANNOTATIONS = "annotations/instances_val2017.json"
PEOPLE = "annotations/person_keypoints_val2017.json"
WHERE = (
    "fetch val2017.zip (1 GB) and annotations_trainval2017.zip from https://cocodataset.org/#download and unpack them"
)


def open_coco(root: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images that are here, in the order of their paths, their boxes, masks and, where their file is here too,
    people's keypoints.

    An image is called after its file (`items.item_names`). A box has the area of its mask, as COCO's sizes want it, and
    `iscrowd` makes it a region to ignore. Raises MissingData (none of the images) and MediaError (another JSON, or a
    record of it that does not say what it should).
    """
    truth = read_truth(root / ANNOTATIONS)
    if not paths_of(truth, root / IMAGES):
        raise MissingData(f"images of {ANNOTATIONS}", f"none in {root / IMAGES}", "unpack val2017.zip there")
    items, labels = instances(truth, root / IMAGES, dataset)
    if (root / PEOPLE).is_file():
        people = read_truth(root / PEOPLE)
        pose = instances(people, root / IMAGES, dataset)[1].get("pose") if paths_of(people, root / IMAGES) else None
        labels = {**labels, **({} if pose is None else {"pose": pose})}
    return items, labels


def instances(truth: CocoTruth, images: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images of a folder that the annotations list, one at least, and their boxes, as `open_coco` has them; masks
    and keypoints where one annotation at least has them."""
    path_of = paths_of(truth, images)
    paths = sorted(set(path_of.values()))
    folder = images.absolute()
    names = dict(zip(paths, item_names([path.relative_to(folder) for path in paths]), strict=True))
    item_of = {image_id: names[path] for image_id, path in path_of.items()}
    return stills_items(dataset, paths, list(names.values())), _labels(dataset, truth, item_of)


def lacks(root: Path) -> list[str]:
    """What `root` lacks to be read at all."""
    return [
        *([] if any(map(is_image, walk(root / IMAGES).files)) else [f"{IMAGES}/*.jpg"]),
        *([] if (root / ANNOTATIONS).is_file() else [ANNOTATIONS]),
    ]


def notes(root: Path) -> list[str]:
    """How many of the images are here, where it is not all of them. Raises MediaError."""
    truth = read_truth(root / ANNOTATIONS)
    path_of = paths_of(truth, root / IMAGES)
    here = len(set(path_of.values()))
    absent = {file for image_id, file in truth.files.items() if image_id not in path_of}
    of_images = [f"{here} of the {here + len(absent)} images of {ANNOTATIONS} are here"] if absent else []
    return [*of_images, *odd_shapes(truth)]


def odd_shapes(truth: CocoTruth) -> list[str]:
    """A note on masks and keypoints that are in neither of COCO's forms."""
    if not truth.odd:
        return []
    what = f"{counted(len(truth.odd), 'mask or set of keypoints', 'masks or sets of keypoints')}"
    return [f"{what} in another form than COCO's left out, such as {truth.odd[0]}"]


def paths_of(truth: CocoTruth, images: Path) -> dict[str, Path]:
    """Image id -> its file, of those that are here.

    A file name is taken from the folder of images, from the folder that holds it ("val2017/x.jpg"), and, of a name with
    other folders in it ("train/batch1/x.jpg"), by its last part, where no other image has the same one.
    """
    folder = images.absolute()
    here = {path.relative_to(folder): path for path in walk(folder).files}
    last_parts = _once(PurePosixPath(file).name for file in set(truth.files.values()))
    paths = {}
    for image_id, file in truth.files.items():
        relative = PurePosixPath(file)
        short = PurePosixPath(relative.name) if relative.name in last_parts else relative
        within = relative.relative_to(folder.name) if relative.parts[0] == folder.name else relative
        path = next((here[Path(name)] for name in (relative, within, short) if Path(name) in here), None)
        if path is not None:
            paths[image_id] = path
    return paths


def _once(names: Iterable[str]) -> set[str]:
    """Those that come once."""
    seen: set[str] = set()
    again: set[str] = set()
    for name in names:
        (again if name in seen else seen).add(name)
    return seen - again


def _labels(dataset: str, truth: CocoTruth, item_of: Mapping[str, str]) -> dict[str, pa.Table]:
    """Tables of `core.labels` in the order of the annotations: boxes, and masks and keypoints of those that have them.

    Of a picture that is listed under several ids, a box that an earlier id has in the same words is left out.
    """
    owner: dict[tuple[str, Box], str] = {}
    kept, numbers = [], []
    for number, (image_id, box) in enumerate(truth.boxes):
        item = item_of.get(image_id)
        if item is not None and owner.setdefault((item, box), image_id) == image_id:
            kept.append((item, box))
            numbers.append(number)
    boxes = table_of_annotations(dataset, kept)
    labels = {"detection": boxes}
    masks = [truth.masks[number] for number in numbers]
    if any(masks):
        labels["segmentation"] = table_of_masks(boxes, masks)
    keypoints = [truth.keypoints[number] for number in numbers]
    if any(keypoints):
        labels["pose"] = table_of_keypoints(boxes, keypoints)
    return labels


def table_of_annotations(dataset: str, boxes: Iterable[tuple[str, Box]]) -> pa.Table:
    """Rows of the schema BOXES, in the order of `boxes`: the image that a box is of, as rows call it, and the box."""
    return pa.Table.from_pylist([_row(dataset, item, box) for item, box in boxes], schema=BOXES)


def table_of_masks(boxes: pa.Table, masks: Sequence[CocoMask | None]) -> pa.Table:
    """Rows of the schema MASKS: of `boxes` those that have a mask, which stand in the same order."""
    drawn = [mask for mask in masks if mask is not None]
    columns: dict[str, list[Any]] = {
        "height": [mask.height or None for mask in drawn],
        "width": [mask.width or None for mask in drawn],
        "mask": [mask.counts or None for mask in drawn],
        "polygons": [mask.polygons or None for mask in drawn],
    }
    return _joined(boxes, masks, columns, MASKS)


def table_of_keypoints(boxes: pa.Table, keypoints: Sequence[tuple[float, ...] | None]) -> pa.Table:
    """Rows of the schema KEYPOINTS: of `boxes` those that have keypoints, which stand in the same order."""
    return _joined(boxes, keypoints, {"keypoints": [each for each in keypoints if each is not None]}, KEYPOINTS)


def _joined(boxes: pa.Table, has: Sequence[object], columns: Mapping[str, list[Any]], schema: pa.Schema) -> pa.Table:
    """The boxes of which `has` says something, with further columns."""
    rows = boxes.filter(pa.array([each is not None for each in has], pa.bool_()))
    further = {name: pa.array(values, schema.field(name).type) for name, values in columns.items()}
    return pa.table({**{name: rows[name] for name in rows.column_names}, **further}, schema=schema)


def _row(dataset: str, item: str, box: Box) -> dict[str, object]:
    return {
        "dataset": dataset,
        "item": item,
        "frame": 0,
        "track_id": -1,
        "class_name": box.class_name,
        "x1": box.left,
        "y1": box.top,
        "x2": box.left + box.width,
        "y2": box.top + box.height,
        "area": box.area,
        "ignore": box.is_crowd,
    }
