"""From shares of a picture as a viewer shows it to pixels as its file stores them.

Labels are drawn in a viewer, which turns a photo as its orientation tells (EXIF 2.32, Orientation); what a run codes
and looks at are the stored pixels. Of most pictures the two are the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ahc_stream.core.errors import MediaError
from ahc_stream.core.image_header import FORMATS, orientation_of, stored_size


class StoredPicture(NamedTuple):
    """A picture's stored width and height in pixels, and its orientation from 1 to 8."""

    width: int
    height: int
    orientation: int


class Corners(NamedTuple):
    """A box: left, top, right, bottom."""

    x1: float
    y1: float
    x2: float
    y2: float


def canvas_of(path: Path) -> StoredPicture | None:
    """From a file's header; None where it cannot be read: the picture itself will then fail.

    Raises MediaError for a picture of more pixels than Pillow opens.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=FORMATS) as image:
            return StoredPicture(*stored_size(image), orientation_of(image))
    except Image.DecompressionBombError as error:
        raise MediaError(f"a labelled image within Pillow's budget at {path}", str(error), "crop it") from error
    except Exception:  # Pillow's plugins raise errors of nine kinds for damaged files
        return None


def stored_pixels(shares: Corners, canvas: StoredPicture) -> Corners:
    """Where a box of an upright picture, in shares of its sides, lies in the stored one, in pixels."""
    x1, y1 = stored_point(shares.x1, shares.y1, canvas)
    x2, y2 = stored_point(shares.x2, shares.y2, canvas)
    return Corners(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def stored_point(x: float, y: float, canvas: StoredPicture) -> tuple[float, float]:
    """The same of a point."""
    match canvas.orientation:
        case 2:
            across, down = 1 - x, y
        case 3:
            across, down = 1 - x, 1 - y
        case 4:
            across, down = x, 1 - y
        case 5:
            across, down = y, x
        case 6:
            across, down = y, 1 - x
        case 7:
            across, down = 1 - y, 1 - x
        case 8:
            across, down = 1 - y, x
        case _:
            across, down = x, y
    return across * canvas.width, down * canvas.height
