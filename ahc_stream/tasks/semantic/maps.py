"""Maps of classes as a table of predictions has them: grey PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_map(row: Mapping[str, Any]) -> NDArray[np.uint8]:
    """uint8 [height, width] of a row of CLASS_MAPS: the number of each pixel's class."""
    from PIL import Image

    with Image.open(io.BytesIO(row["map"])) as image:
        return np.asarray(image.convert("L"))


def classes_of(row: Mapping[str, Any]) -> list[str]:
    """The names of its classes, in the order of their numbers."""
    names: list[str] = row["classes"].split("\n")
    return names
