"""Shapes that a report draws over a picture, or writes beside it: what a task's drawer returns.

A drawer is a module, or a class, with one or both of two functions. Each takes the rows of a frame and returns shapes:

    predictions(rows)    rows of the task's table `predictions_<task>`, at one operating point
    labels(rows)         rows of the ground truth that the task is scored against

A shape is a dict that JSON can hold; the functions below make the five kinds. Coordinates are pixels of the original
frame, x to the right and y down.

    {"kind": "box", "at": [x, y, width, height], "text": ..., "name": ...}
    {"kind": "polygon", "at": [[x, y], ...], "text": ..., "name": ...}
    {"kind": "image", "data": a data URI}                      stretched over the whole frame
    {"kind": "bars", "rows": [[text, share], ...]}             beside the picture, share in 0..1
    {"kind": "text", "text": ...}                              beside the picture

The page chooses a colour for each `name`, such as a class.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

Shape = dict[str, Any]
"""See above. Its values are JSON's: text, numbers, lists of these."""

Drawing = Callable[[pa.Table], list[Shape]]
"""Rows of one frame -> shapes."""

KINDS = ("box", "polygon", "image", "bars", "text")

Point = tuple[float, float]


def box(corner: Point, size: Point, text: str, name: str) -> Shape:
    """A rectangle by its top left corner (x, y) and its size (width, height), in pixels."""
    return {"kind": "box", "at": [round(each, 1) for each in (*corner, *size)], "text": text, "name": name}


def polygon(corners: Iterable[Point], text: str, name: str) -> Shape:
    """A closed line through corners (x, y), in pixels."""
    at = [[round(x, 1), round(y, 1)] for x, y in corners]
    return {"kind": "polygon", "at": at, "text": text, "name": name}


def ink(strength: NDArray[np.uint8], colour: tuple[int, int, int]) -> Shape:
    """One colour (red, green, blue in 0..255) over the whole frame; strength: its opacity, uint8 [H, W]."""
    shade = np.broadcast_to(np.array(colour, np.uint8), (*strength.shape, 3))
    file = BytesIO()
    Image.fromarray(np.dstack([shade, strength]), "RGBA").save(file, format="png", optimize=True)
    return {"kind": "image", "data": "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()}


def bars(rows: Iterable[tuple[str, float]]) -> Shape:
    """Named shares, each 0..1, in the order in which they are to stand."""
    return {"kind": "bars", "rows": [[text, round(share, 4)] for text, share in rows]}


def text(words: str) -> Shape:
    """A line of text beside the picture."""
    return {"kind": "text", "text": words}


def texts(lines: Sequence[str]) -> list[Shape]:
    """Lines of text beside the picture."""
    return [text(line) for line in lines]
