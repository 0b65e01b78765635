"""Photos of ImageNet classes. A class is known by its WordNet number, as in the official tree: two are called "crane".

FOLDER/n01440764_tench.JPEG            or            FOLDER/n01440764/ILSVRC2012_val_00000293.JPEG
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MissingData
from ahc_stream.core.labels import CLASSES
from ahc_stream.datasets.files import walk
from ahc_stream.datasets.items import item_names, stills_items
from ahc_stream.datasets.media import is_image, passed_over, unread

_CLASS = re.compile(r"n\d{8}(?=[_/])")


def open_photos(folder: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The photos in order, called by their path (`items.item_names`), and the WordNet number of each ("n01440764").
    Raises MissingData where there is none."""
    root = folder.absolute()
    files = photos(root)
    if not files:
        todo = "name each after its class, n01440764_tench.JPEG, or put them into folders of such names"
        raise MissingData("photos of ImageNet classes", f"none in {folder}", todo)
    names = item_names([file.relative_to(root) for file in files])
    columns = {
        "dataset": [dataset] * len(names),
        "item": names,
        "frame": [0] * len(names),
        "class_name": [_class_of(file, root) for file in files],
    }
    return stills_items(dataset, files, names), {"classification": pa.table(columns, schema=CLASSES)}


def lacks(folder: Path) -> list[str]:
    """What keeps a folder from being read: no photo that tells its class."""
    return [] if photos(folder) else ["photos named like n01440764_tench.JPEG"]


def notes(folder: Path) -> list[str]:
    """How many images do not tell their class, and which files are none."""
    tree = walk(folder)
    others = sum(map(is_image, tree.files)) - len(photos(folder))
    without_class = [f"{others} images whose names tell no class passed over"] if others else []
    return [*without_class, *passed_over(tree.files, tree.runs), *unread(tree)]


def photos(folder: Path) -> list[Path]:
    """Those that tell their class, absolute, sorted."""
    root = folder.absolute()
    return [file for file in walk(root).files if is_image(file) and _class_of(file, root)]


def _class_of(file: Path, root: Path) -> str:
    """The WordNet number; empty where the name does not tell it."""
    match = _CLASS.match(file.relative_to(root).as_posix())
    return match.group() if match else ""
