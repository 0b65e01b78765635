"""What an image file's header tells before its pixels are read: for sources, and for labels beside pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are opened, whatever a file is called. Some others run programs: EPS starts
Ghostscript."""
UPRIGHT = 1
_ORIENTATION = 274  # TIFF 6.0, and EXIF
_ON_ITS_SIDE = (5, 6, 7, 8)


def orientation_of(image: ImageFile) -> int:
    """How a viewer should turn the image, 1 to 8; 1 for none, or for a number that means nothing.

    It reads the pixels of a PNG, where this may stand behind them. Of a TIFF it must be asked before they are read.
    """
    value = image.getexif().get(_ORIENTATION, UPRIGHT)
    return value if value in range(1, 9) else UPRIGHT


def stored_size(image: ImageFile) -> tuple[int, int]:
    """(width, height). Of a TIFF that is to be turned, Pillow's header tells the size after the turn."""
    width, height = image.size
    swapped = image.format == "TIFF" and orientation_of(image) in _ON_ITS_SIDE
    return (height, width) if swapped else (width, height)
