"""Classes of pixels over a picture, by the outlines of what is of one class."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ahc_stream.tasks.segmentation.outline import outlines
from ahc_stream.tasks.semantic.maps import class_map, classes_of
from ahc_stream.tasks.semantic.score import BACKGROUND
from ahc_stream.tasks.shapes import Shape


def predictions(rows: pa.Table) -> list[Shape]:
    """All classes but the background; the labels are drawn as segmentation draws them."""
    shapes: list[Shape] = []
    for row in rows.to_pylist():
        pixels, names = class_map(row), classes_of(row)
        for number in np.unique(pixels):
            if names[number] != BACKGROUND:
                shapes += outlines(pixels == number, names[number], names[number])
    return shapes
