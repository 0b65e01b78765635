"""Y'CbCr 4:2:0 of 8 bits to RGB and back, bit for bit as FFmpeg's libswscale does it on its accurate path.

The arithmetic is in colour_to_rgb.hpp and colour_from_rgb.hpp; here are libswscale's integers for each matrix. They are
the Recommendations' numbers, rounded, but for some that it rounds on the way: BT.601's Cb and Cr are made of three
decimals, and three of full range are one less.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._native import rgb_to_ycbcr, ycbcr_to_rgb
from .arrays import Int32Array, Uint8Array


def _table(numbers: Mapping[str, tuple[int, ...]]) -> dict[str, Int32Array]:
    return {matrix: np.array(row, np.int32) for matrix, row in numbers.items()}


# Black in sixteenths of a level. Then, with 13 bits behind the point, what a level of luma adds to each of red, green
# and blue; of Cr to red; of Cb and of Cr to green; of Cb to blue.
_LIMITED_TO_RGB = _table(
    {
        "bt601": (256, 9539, 13075, -3209, -6660, 16525),
        "bt709": (256, 9539, 14686, -1747, -4366, 17305),
        "bt2020": (256, 9539, 13752, -1535, -5328, 17545),
    }
)
_FULL_TO_RGB = _table(
    {
        "bt601": (0, 8192, 11485, -2819, -5850, 14516),
        "bt709": (0, 8192, 12901, -1534, -3835, 15201),
        "bt2020": (0, 8192, 12080, -1348, -4680, 15412),
    }
)
# With 15 bits behind the point, what a level of red, green and blue adds to Y, to Cb, to Cr of limited range.
_FROM_RGB = _table(
    {
        "bt601": (8414, 16519, 3208, -4865, -9528, 14392, 14392, -12061, -2332),
        "bt709": (5983, 20127, 2032, -3298, -11094, 14392, 14392, -13073, -1320),
        "bt2020": (7393, 19080, 1669, -4019, -10373, 14392, 14392, -13235, -1158),
    }
)


def to_rgb(
    y: Uint8Array, cb: Uint8Array, cr: Uint8Array, matrix: str, full_range: bool, centred: bool, rgb: Uint8Array
) -> None:
    """Writes `rgb`, uint8 [3, H, W] of full range, from Y [H, W], Cb and Cr [ceil(H / 2), ceil(W / 2)].

    matrix:      "bt601", "bt709" or "bt2020".
    full_range:  of the Y'CbCr.
    centred:     chroma lies between two columns, not on the even ones. It lies between two rows always.

    Rows may lie apart in memory, the samples of a row may not. Raises ValueError for shapes that do not fit.
    """
    ycbcr_to_rgb(y, cb, cr, _to_rgb_table(full_range)[matrix], centred, rgb)


def coefficients(matrix: str, full_range: bool) -> tuple[int, ...]:
    """libswscale's integers of the way to RGB: black in sixteenths of a level, then with 13 bits behind the point what
    a level of luma adds to each colour, of Cr to red, of Cb and of Cr to green, of Cb to blue."""
    return tuple(_to_rgb_table(full_range)[matrix].tolist())


def _to_rgb_table(full_range: bool) -> dict[str, Int32Array]:
    return _FULL_TO_RGB if full_range else _LIMITED_TO_RGB


def from_rgb(
    rgb: Uint8Array, matrix: str, full_range: bool, centred: bool, y: Uint8Array, cb: Uint8Array, cr: Uint8Array
) -> None:
    """The other way round: writes Y, Cb and Cr. Chroma is the mean over its neighbours, weighted by their nearness."""
    rgb_to_ycbcr(rgb, _FROM_RGB[matrix], full_range, centred, y, cb, cr)
