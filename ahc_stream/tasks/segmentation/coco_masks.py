"""Masks of tables through pycocotools, which draws polygons and compares masks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import MASKS
from ahc_stream.core.run_lengths import unpacked
from ahc_stream.tasks import units

Masks: TypeAlias = "Mapping[str, Any] | pa.Table"
"""Columns height and width in pixels, and mask, its run lengths as `core.run_lengths` writes them."""

Values = NDArray[np.float64]
Records = list[dict[str, Any]]


def pycocotools() -> Any:
    """The module pycocotools.mask. Raises MissingExtra."""
    try:
        from pycocotools import mask
    except ModuleNotFoundError as error:
        todo = "run: pip install 'ahc-stream[segmentation]' or 'ahc-stream[semantic]'"
        raise MissingExtra("the package pycocotools", "no such package", todo) from error
    return mask


def areas(masks: Masks) -> Values:
    """float64 [masks], in pixels^2."""
    return np.array([unpacked(counts)[1::2].sum() for counts in _list(masks["mask"])], np.float64)


def overlaps(found: Records, truth: Records, is_crowd: NDArray[np.uint8]) -> Values:
    """float64, row by row: the overlap of each found mask with each true one.

    is_crowd:  of each true one, 1 for a region to ignore.
    """
    if not found or not truth:
        return np.zeros(0)
    table: Values = np.asarray(pycocotools().iou(found, truth, is_crowd), np.float64)
    return np.maximum(table, 0).ravel()  # it says -1 of masks of different sizes


def drawn(labels: pa.Table, frames: pa.Table) -> pa.Table:
    """Labels of the schema MASKS with run lengths in place of polygons, which are drawn in the size of their frame.

    frames:  KEY columns, width and height.
    """
    places = units.places(labels, frames.select(units.KEYS))
    sizes = [frames[name].to_numpy()[places] for name in ("height", "width")]
    rows = zip(*(labels[name].to_pylist() for name in ("polygons", "height", "width", "mask")), *sizes, strict=True)
    masks = [
        (height, width, counts) if polygons is None else _draw(polygons, int(down), int(across))
        for polygons, height, width, counts, down, across in rows
    ]
    columns = dict(zip(("height", "width", "mask"), zip(*masks, strict=True), strict=True)) if masks else {}
    for name, values in columns.items():
        field = MASKS.field(name)
        labels = labels.set_column(labels.schema.get_field_index(name), field, pa.array(values, field.type))
    return labels


def _draw(polygons: list[list[float]], height: int, width: int) -> tuple[int, int, bytes]:
    """All polygons as one mask."""
    mask = pycocotools()
    record = mask.merge(mask.frPyObjects(polygons, height, width))
    return height, width, record["counts"]


def records(masks: Masks) -> Records:
    """As pycocotools has them."""
    columns = (_list(masks[name]) for name in ("height", "width", "mask"))
    return [{"size": [height, width], "counts": counts} for height, width, counts in zip(*columns, strict=True)]


def _list(values: Any) -> list[Any]:
    listed: list[Any] = values.to_pylist() if isinstance(values, pa.ChunkedArray) else values.tolist()
    return listed
