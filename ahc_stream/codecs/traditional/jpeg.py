"""JPEG by three encoders: libjpeg-turbo in Pillow, mozjpeg in libvips, jpegli in pyjpegli.

All write 8 bits, Huffman coded, in YCbCr of BT.601 and full range with centred chroma, as JFIF says. Arithmetic coding
is left alone, for hardly any reader takes it. Any decoder of JPEG reads these files; here it is libjpeg-turbo's.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping

from ahc_stream.codecs.traditional.pixels import Samples
from ahc_stream.codecs.traditional.quantisation_names import tables_named

_CODINGS: Mapping[str, Mapping[str, bool]] = {
    "baseline": {},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
}
"""`coding` -> Pillow's words for it. Progressive scans have Huffman tables of their own in any case."""

_LONGEST = 65500
_HEADERS = 1 << 16
_room = threading.Lock()


def encode_jpeg(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes:
    """uint8 [H, W, 3] -> a file. Tables of one's own are scaled by the quality as libjpeg scales the standard's: at 50
    they stand as they are, at 100 all are 1. Raises MissingData for tables that this process has not read, ValueError
    for a picture that has no JPEG."""
    from PIL import Image

    tables = tables_named(options["qtable"])
    own = {} if tables is None else {"qtables": [list(table) for table in tables]}
    file = io.BytesIO()
    settings = {"subsampling": ":".join(options["subsampling"]), **_CODINGS[options["coding"]], **own}
    _make_room(rgb)
    try:
        Image.fromarray(rgb).save(file, "JPEG", quality=int(quality), **settings)
    except OSError as error:  # libjpeg's own words for a side above 65500 pixels are not handed on
        raise ValueError(f"{error}; no side of a JPEG is above {_LONGEST} pixels") from error
    return file.getvalue()


def _make_room(rgb: Samples) -> None:
    """Pillow writes a file with tables of its own from one buffer, as large as the picture has pixels, and noise has
    more bytes. The bound is of the process, so that it only grows."""
    from PIL import ImageFile

    with _room:
        ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 2 * rgb.size + _HEADERS)


def encode_mozjpeg(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes:
    """uint8 [H, W, 3] -> a file, without metadata."""
    import pyvips

    height, width, bands = rgb.shape
    plain = pyvips.Image.new_from_memory(rgb.tobytes(), width, height, bands, "uchar")
    try:
        file: bytes = plain.copy(interpretation="srgb").jpegsave_buffer(
            Q=int(quality),
            subsample_mode="on" if options["subsampling"] == "420" else "off",
            quant_table=int(options["table"]),
            interlace=True,
            optimize_coding=True,
            optimize_scans=True,
            trellis_quant=True,
            overshoot_deringing=True,
            keep="none",
        )
    except pyvips.Error as error:
        raise ValueError(str(error)) from error
    return file


def encode_jpegli(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes:
    """uint8 [H, W, 3] -> a file."""
    import pyjpegli

    height, width, _ = rgb.shape
    file: bytes = pyjpegli.encode(rgb.tobytes(), width, height, int(quality))
    return file
