"""The outlines of masks, as closed lines over a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.run_lengths import mask_of, unpacked
from ahc_stream.tasks.pixels.resize import opencv
from ahc_stream.tasks.shapes import Shape, polygon

_CORNERS = 3
_LEAST_SHARE = 1e-3
"""Of a mask, in one piece: smaller ones are specks, of which a mask of a network may have hundreds."""


def outlines(mask: NDArray[np.bool_], text: str, name: str) -> list[Shape]:
    """Lines around the pieces of a mask, bool [height, width], the largest first and with the text; holes and specks
    are left out. Raises MissingExtra without OpenCV."""
    cv2 = opencv()
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    pieces = sorted((line[:, 0] for line in found if len(line) >= _CORNERS), key=cv2.contourArea, reverse=True)
    shown = [piece for piece in pieces if cv2.contourArea(piece) >= _LEAST_SHARE * mask.sum()]
    lines = [[(float(x), float(y)) for x, y in piece] for piece in shown]
    return [polygon(line, "" if number else text, name) for number, line in enumerate(lines)]


def outlines_of_runs(counts: bytes, height: int, width: int, text: str, name: str) -> list[Shape]:
    """The same of run lengths as `core.run_lengths` writes them."""
    return outlines(mask_of(unpacked(counts), height, width), text, name)
