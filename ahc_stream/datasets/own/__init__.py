"""Data of one's own, by its path: what kind it is, in one table, and how each kind is opened."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.wording import counted
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.files import absolute
from ahc_stream.datasets.own.coco_json import find_coco, open_coco_json
from ahc_stream.datasets.own.dota import find_dota, open_dota
from ahc_stream.datasets.own.image_folder import find_image_folder, open_image_folder
from ahc_stream.datasets.own.motchallenge import find_mot, open_mot
from ahc_stream.datasets.own.place import Kind, Place
from ahc_stream.datasets.own.plain import find_files, find_list, open_files, open_list
from ahc_stream.datasets.own.yolo import find_yolo, open_yolo
from ahc_stream.datasets.read_options import FLAGS, ReadOptions

__all__ = ["KINDS", "OWN_ASSUMES", "Kind", "ReadOptions", "open_own"]

SPLIT, COCO = ("split",), ("split", "labels", "images")
KINDS = (
    Kind("yolo", "data.yaml, or images/ and labels/ of rows `class cx cy w h`", find_yolo, open_yolo, SPLIT),
    Kind("dota", "images/ and labelTxt/ of rows `x1 y1 ... x4 y4 category difficult`", find_dota, open_dota, SPLIT),
    Kind("coco", "a .json of COCO's instances and a folder of images", find_coco, open_coco_json, COCO),
    Kind("mot", "folders with seqinfo.ini, img1/ and gt/gt.txt", find_mot, open_mot, SPLIT),
    Kind(
        "imagefolder", "a folder of images for each class", find_image_folder, open_image_folder, SPLIT, is_sure=False
    ),
    Kind("list", "a .txt of paths, relative to it", find_list, open_list, (), False),
    Kind("files", "any images and videos, without labels", find_files, open_files, (), False),
)
"""In this order: of those that are sure just one may be found; after them the first that is."""

OWN_ASSUMES = "Read as " + "; ".join(f"{kind.name}: {kind.layout}" for kind in KINDS) + ". --as NAME chooses."


def open_own(path: Path, reading: ReadOptions) -> Dataset:
    """The data at a path that is there, read as the kind that is asked for or found.

    A note says which it is, and what showed it. Raises UnknownName, InvalidValue where two kinds fit, and what the
    kind raises.
    """
    place = Place(absolute(path), reading)
    kind, found = _asked(place) if reading.read_as else _recognised(place)
    unused = [name for name in FLAGS if name not in (*kind.options, "read_as")]
    reading.refuse(unused, f"{path}, which is read as {kind.name} ({found})")
    dataset = kind.open(place)
    return dataset if kind.open is open_files else _introduced(dataset, kind, found)


def _asked(place: Place) -> tuple[Kind, str]:
    kinds = {kind.name: kind for kind in KINDS}
    name = place.reading.read_as or ""
    if name not in kinds:
        raise UnknownName.among("kind of data (--as)", name, kinds)
    return kinds[name], kinds[name].find(place) or "as asked"


def _recognised(place: Place) -> tuple[Kind, str]:
    found = [(kind, text) for kind in KINDS if kind.is_sure and (text := kind.find(place)) is not None]
    if len(found) > 1:
        got = " and ".join(f"{kind.name} ({text})" for kind, text in found)
        choices = " or ".join(f"--as {kind.name}" for kind, _ in found)
        raise InvalidValue(f"data of one kind in {place.path}", got, f"choose {choices}")
    if found:
        return found[0]
    return next((kind, text) for kind in KINDS if not kind.is_sure and (text := kind.find(place)) is not None)


def _introduced(dataset: Dataset, kind: Kind, found: str) -> Dataset:
    """With a note in front of what the kind noted: as what it was read, what showed it, and how much there is."""
    parts = [counted(len(dataset.names), _noun(dataset))]
    for task, labels in dataset.labels.items():
        labelled, classes = len(set(labels["item"].to_pylist())), len(set(labels["class_name"].to_pylist()))
        which = f" for {task}" if len(dataset.labels) > 1 else ""
        parts.append(f"{labelled} with labels of {counted(classes, 'class', 'classes')}{which}")
    return dataset.introduced(f"read as {kind.name} ({found}): {', '.join(parts)}")


def _noun(dataset: Dataset) -> str:
    media = {item.medium for item in dataset.items}
    nouns = {"stills": "image", "video": "video", "sequence": "sequence"}
    return nouns[media.pop()] if len(media) == 1 else "item"
