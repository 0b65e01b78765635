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
    x1, y1, x2, y2 = shares
    match canvas.orientation:
        case 2:
            box = Corners(1 - x2, y1, 1 - x1, y2)
        case 3:
            box = Corners(1 - x2, 1 - y2, 1 - x1, 1 - y1)
        case 4:
            box = Corners(x1, 1 - y2, x2, 1 - y1)
        case 5:
            box = Corners(y1, x1, y2, x2)
        case 6:
            box = Corners(y1, 1 - x2, y2, 1 - x1)
        case 7:
            box = Corners(1 - y2, 1 - x2, 1 - y1, 1 - x1)
        case 8:
            box = Corners(1 - y2, x1, 1 - y1, x2)
        case _:
            box = shares
    width, height, _ = canvas
    return Corners(box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height)
