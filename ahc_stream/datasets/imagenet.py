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
from ahc_stream.datasets.folder import IMAGES, stills_items

_CLASS = re.compile(r"n\d{8}(?=[_/])")


def open_photos(folder: Path, dataset: str) -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The photos in order, called by their path without suffix, and the WordNet number of each ("n01440764").
    Raises MissingData where there is none."""
    files = photos(folder)
    if not files:
        todo = "name each after its class, n01440764_tench.JPEG, or put them into folders of such names"
        raise MissingData("photos of ImageNet classes", f"none in {folder}", todo)
    names = [file.relative_to(folder.absolute()).with_suffix("").as_posix() for file in files]
    columns = {"dataset": [dataset] * len(names), "item": names, "frame": [0] * len(names)}
    classes = [found.group() for name in names if (found := _CLASS.match(name))]
    return stills_items(dataset, files, names), {
        "classification": pa.table(columns | {"class_name": classes}, schema=CLASSES)
    }


def lacks(folder: Path) -> list[str]:
    """What keeps a folder from being read: no photo that tells its class."""
    return [] if photos(folder) else ["photos named like n01440764_tench.JPEG"]


def photos(folder: Path) -> list[Path]:
    """Those that tell their class, absolute, sorted."""
    root = folder.absolute()
    files = (file for file in root.rglob("*") if file.suffix.lower() in IMAGES)
    return sorted(file for file in files if _CLASS.match(file.relative_to(root).as_posix()))
