"""Corners of lines of text as OpenCV and PP-OCR have them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""x and y, [..., 2]. The corners of a line are four: top left, top right, bottom right, bottom left."""


def distance(one: Points, other: Points) -> float:
    """Pixels between two points."""
    return float(np.hypot(*(one - other)))
