"""Bits per pixel at one operating point: coded bits over true pixels, those that padding adds not counted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def bpp_terms(frames: pa.Table, bits: str, video: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """float64 [frames] twice: bpp is the sum of the first over the sum of the second, of all frames or of some.

    bits:  the column of `frames` that holds them, without nulls.

    Video: bits and pixels, so that the rate is total bits over total pixels. Stills: each one's rate, and 1, so that it
    is the mean over images.
    """
    coded = frames[bits].to_numpy().astype(np.float64)
    pixels = frames["width"].to_numpy().astype(np.float64) * frames["height"].to_numpy()
    return (coded, pixels) if video else (coded / pixels, np.ones(len(coded)))
