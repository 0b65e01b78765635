"""Edges over a picture, as ink of their strength: those that a detector found, and those that annotators drew."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pyarrow as pa
from PIL import Image

from ahc_stream.tasks.edges.maps import boundary
from ahc_stream.tasks.shapes import Shape, ink

FOUND_COLOUR, TRUE_COLOUR = (230, 80, 0), (0, 114, 178)


def predictions(rows: pa.Table) -> list[Shape]:
    """The probability of an edge at each pixel."""
    maps = (Image.open(BytesIO(data)).convert("L") for data in rows["edges"].to_pylist())
    return [ink(np.asarray(strength), FOUND_COLOUR) for strength in maps]


def labels(rows: pa.Table) -> list[Shape]:
    """The annotators' boundaries as one; where more of them drew, the ink is stronger."""
    boundaries = [boundary(row) for row in rows.to_pylist()]
    if not boundaries:
        return []
    strength = 255 * np.mean(boundaries, axis=0)
    return [ink(strength.astype(np.uint8), TRUE_COLOUR)]
