"""HEIC through pillow-heif: libheif with x265, and libde265 to decode.

libheif converts RGB to 4:2:0 of BT.601 in full range, and says so in the file; back, it repeats chroma. Its constant
rate factor for x265 is (100 - quality) / 2. Only 4:2:0 is offered: of 4:4:4 at low qualities libde265's pictures were
up to 57 levels away from those of FFmpeg, which are nearer to the original; of 4:2:0 the two agree to 2 levels.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from ahc_stream.codecs.traditional.pixels import Samples

_BT601 = 6  # H.273, MatrixCoefficients
_BT709 = 1  # ColourPrimaries
_SRGB = 13  # TransferCharacteristics
_COLOURS = {
    "color_primaries": _BT709,
    "transfer_characteristics": _SRGB,
    "matrix_coefficients": _BT601,
    "full_range_flag": 1,
}


def encode_heic(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes:
    """uint8 [H, W, 3] -> a file of one picture."""
    import pillow_heif

    height, width, _ = rgb.shape
    file = io.BytesIO()
    pillow_heif.encode(
        "RGB",
        (width, height),
        rgb.tobytes(),
        file,
        quality=int(quality),
        chroma="420",
        enc_params={"preset": options["preset"]},
        **_COLOURS,
    )
    return file.getvalue()


def decode_heic(payload: bytes, into: Samples) -> None:
    """A file of one picture into uint8 [H, W, 3]. Raises ValueError for one of another size before it is decoded, and
    what libheif's wrapper raises."""
    import pillow_heif

    file = pillow_heif.open_heif(payload, convert_hdr_to_8bit=False)
    height, width, _ = into.shape
    if file.size != (width, height) or file.mode != "RGB":
        raise ValueError(f"a picture of {file.size} in {file.mode}, for {width} x {height} in RGB")
    into[...] = np.asarray(file)
