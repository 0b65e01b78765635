"""The Berkeley Segmentation Data Set (BSDS500) in the official layout, as BSR_bsds500.tgz unpacks.

    ROOT/[BSR/][BSDS500/]data/images/{train,val,test}/100007.jpg ...
    ROOT/[BSR/][BSDS500/]data/groundTruth/{train,val,test}/100007.mat

A .mat file holds the cell array groundTruth, a struct per annotator with Segmentation and Boundaries. Images are
481 x 321 or 321 x 481; sources stack those of one size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.labels import BOUNDARIES
from ahc_stream.datasets.files import children
from ahc_stream.datasets.items import item_names, stills_items
from ahc_stream.datasets.mat_file import Value, read_mat

FOLDER = "BSDS500"
LICENCE = "non-commercial research and education"
WHERE = (
    "fetch BSR_bsds500.tgz (67 MB) from https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/"
    "resources.html, unpack it and move BSR/BSDS500"
)
PLACES = ("", "BSDS500", "BSR/BSDS500")
SIZES = {"train": 200, "val": 100, "test": 200}
"""Images of each split."""


def open_split(root: Path, dataset: str, split: str = "test") -> tuple[tuple[Item, ...], Mapping[str, pa.Table]]:
    """The images of a split that are here, in the order of their names, and what each annotator drew.

    An image's item name is its file's name without suffix. Raises MissingData (no image, or one without ground truth)
    and MediaError (a .mat file of another kind).
    """
    images = _images(root, split)
    if not images:
        raise MissingData(f"images of BSDS500's split {split}", f"none under {root}", "unpack BSR_bsds500.tgz again")
    without = [path.stem for path in images if not _truth_of(path).is_file()]
    if without:
        got = f"none of {', '.join(without[:5])}{' and others' if len(without) > 5 else ''}"
        raise MissingData(f"ground truth of every image, {_truth_of(images[0])} and so on", got, "unpack it again")
    names = item_names([Path(path.name) for path in images])
    return stills_items(dataset, images, names), {"edges": _boundaries(dataset, images, names)}


def lacks(root: Path, split: str = "test") -> list[str]:
    """What `root` lacks to be read at all."""
    images = _images(root, split)
    if not images:
        return [f"data/images/{split}/*.jpg"]
    return [] if any(_truth_of(path).is_file() for path in images) else [f"data/groundTruth/{split}/*.mat"]


def notes(root: Path, split: str = "test") -> list[str]:
    """How many of the images are here, where it is not all of them."""
    here = len(_images(root, split))
    return [] if here == SIZES[split] else [f"{here} of the {SIZES[split]} images of {split} are here"]


def read_truth(path: Path) -> list[NDArray[np.bool_]]:
    """bool [H, W] per annotator of a .mat file, the boundaries as they were drawn, one pixel wide.

    Raises MissingData and MediaError.
    """
    if not path.is_file():
        raise MissingData(f"ground truth at {path}", "no such file", "check the path")
    try:
        truth = read_mat(path).get("groundTruth")
        drawn = [_boundaries_of(annotation) for annotation in truth] if isinstance(truth, list) else []
    except (OSError, ValueError) as error:
        raise _no_truth(path, shown(str(error))) from error
    shapes = {boundaries.shape for boundaries in drawn}
    if len(shapes) != 1 or not drawn[0].size:
        raise _no_truth(path, f"maps of {', '.join(map(str, sorted(shapes))) or 'nobody'}")
    return drawn


def _boundaries_of(annotation: Value) -> NDArray[np.bool_]:
    """bool [H, W] of one annotator: an element of the cell array. Raises ValueError for another value."""
    fields = annotation[0] if isinstance(annotation, list) and annotation else None
    boundaries = fields.get("Boundaries") if isinstance(fields, dict) else None
    if not isinstance(boundaries, np.ndarray) or boundaries.ndim != 2:
        raise ValueError("an annotation without Boundaries")
    drawn: NDArray[np.bool_] = boundaries != 0
    return drawn


def rows_of(dataset: str, item: str, maps: Sequence[NDArray[np.bool_]]) -> Iterator[dict[str, Any]]:
    """Rows of BOUNDARIES, one per annotator's map bool [H, W]."""
    for annotator, boundary in enumerate(maps):
        keys = {"dataset": dataset, "item": item, "frame": 0, "annotator": annotator}
        size = {"height": boundary.shape[0], "width": boundary.shape[1]}
        yield {**keys, **size, "boundary": np.packbits(boundary).tobytes()}


def _images(root: Path, split: str) -> list[Path]:
    for place in PLACES:
        folder = root.absolute() / place / "data" / "images" / split
        images = [path for path in children(folder) if path.suffix == ".jpg" and path.is_file()]
        if images:
            return images
    return []


def _truth_of(image: Path) -> Path:
    return image.parents[2] / "groundTruth" / image.parent.name / f"{image.stem}.mat"


def _boundaries(dataset: str, images: Sequence[Path], names: Sequence[str]) -> pa.Table:
    truths = (read_truth(_truth_of(image)) for image in images)
    rows = [row for name, maps in zip(names, truths, strict=True) for row in rows_of(dataset, name, maps)]
    return pa.Table.from_pylist(rows, schema=BOUNDARIES)


def _no_truth(path: Path, got: str) -> MediaError:
    return MediaError(f"a cell array groundTruth with Boundaries in {path}", got, "unpack BSR_bsds500.tgz again")
