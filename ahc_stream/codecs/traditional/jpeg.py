"""JPEG by three encoders: libjpeg-turbo in Pillow, mozjpeg in libvips, jpegli in pyjpegli.

All write 8 bits, Huffman coded, in YCbCr of BT.601 and full range with centred chroma, as JFIF says. Arithmetic coding
is left alone, for hardly any reader takes it. Any decoder of JPEG reads these files; here it is libjpeg-turbo's.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from ahc_stream.codecs.traditional.pixels import Samples
from ahc_stream.codecs.traditional.quantisation_names import tables_named

_CODINGS: Mapping[str, Mapping[str, bool]] = {
    "baseline": {},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
}
"""`coding` -> Pillow's words for it. Progressive scans have Huffman tables of their own in any case."""


def encode_jpeg(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes:
    """uint8 [H, W, 3] -> a file. Tables of one's own are scaled by the quality as libjpeg scales the standard's: at 50
    they stand as they are, at 100 all are 1. Raises MissingData for tables that this process has not read."""
    from PIL import Image

    tables = tables_named(options["qtable"])
    own = {} if tables is None else {"qtables": [list(table) for table in tables]}
    file = io.BytesIO()
    settings = {"subsampling": ":".join(options["subsampling"]), **_CODINGS[options["coding"]], **own}
    Image.fromarray(rgb).save(file, "JPEG", quality=int(quality), **settings)
    return file.getvalue()


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
