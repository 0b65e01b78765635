"""The table's rows of still image formats. All take RGB of 8 bits, full range, and give it back."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.row_options import X26X_PRESETS, choice, number
from ahc_stream.codecs.traditional import quantisation_names
from ahc_stream.core.option import Form, Option

_STILL = "ahc_stream.codecs.traditional.still:Still"

_SUBSAMPLING = choice("420", "420 422 444", "Chroma sampling: 420 stands for 4:2:0.")
_JPEG_QUALITIES = (10, 30, 50, 70, 90)
_QUANTISATION_TABLES = Option(
    quantisation_names.NONE,
    "Quantisation tables of one's own, out of a text file of 64 or 128 numbers; quality 50 takes them as they are.",
    Form(quantisation_names.TAKES, quantisation_names.spelling),
)

STILLS: Mapping[str, CodecEntry] = {
    "identity": CodecEntry(
        "ahc_stream.codecs.traditional.identity:Identity",
        "no compression: the frames themselves, 24 bits per pixel",
        "traditional",
        "still",
        knob=None,
        is_lossless=True,
    ),
    "jpeg": CodecEntry(
        _STILL,
        "JPEG, libjpeg-turbo, Huffman coded; the bytes are Pillow's",
        "traditional",
        "still",
        Knob("libjpeg quality", 1, 100, _JPEG_QUALITIES, higher_is_better=True),
        {
            "coding": choice(
                "baseline",
                "baseline optimized progressive",
                "Scans and Huffman tables: the standard's, each picture's own, or progressive scans with their own; "
                "pixels are the same.",
            ),
            "qtable": _QUANTISATION_TABLES,
            "subsampling": _SUBSAMPLING,
        },
        encoder_options=frozenset({"qtable"}),
    ),
    "mozjpeg": CodecEntry(
        _STILL,
        "JPEG, mozjpeg in libvips: trellis quantisation, optimised progressive scans, deringing",
        "traditional",
        "still",
        Knob("mozjpeg quality", 1, 100, _JPEG_QUALITIES, higher_is_better=True),
        {
            "subsampling": choice("420", "420 444", "Chroma sampling: 420 stands for 4:2:0."),
            "table": number(
                3,
                0,
                8,
                "mozjpeg's quantisation tables by its numbers: 0 JPEG's Annex K, 1 flat, 2 tuned for MS-SSIM on Kodak, "
                "3 its own default (ImageMagick's), 4 tuned for PSNR-HVS-M, 5 to 8 of the literature.",
            ),
        },
        extra="mozjpeg",
    ),
    "jpegli": CodecEntry(
        _STILL,
        "JPEG, jpegli: adaptive quantisation, baseline, 4:2:0",
        "traditional",
        "still",
        Knob("jpegli quality", 1, 100, _JPEG_QUALITIES, higher_is_better=True),
        extra="jpegli",
    ),
    "jpeg2000": CodecEntry(
        _STILL,
        "JPEG 2000 codestream, OpenJPEG, irreversible 9/7 wavelet, 4:4:4",
        "traditional",
        "still",
        Knob("target PSNR in dB", 10, 80, (28, 32, 36, 40, 44), higher_is_better=True, whole=False),
    ),
    "htj2k": CodecEntry(
        _STILL,
        "High-Throughput JPEG 2000 codestream, OpenJPH, decoded by OpenJPEG; 4:4:4, irreversible 9/7 wavelet, "
        "reversible 5/3 where lossless",
        "traditional",
        "still",
        Knob(
            "base step of the quantiser, 1 is the samples' range",
            0.002,
            1,
            (0.2, 0.1, 0.05, 0.025, 0.0125),
            higher_is_better=False,
            whole=False,
            lossless=0,
        ),
    ),
    "webp": CodecEntry(
        _STILL,
        "lossy WebP, libwebp, 4:2:0",
        "traditional",
        "still",
        Knob("libwebp quality", 0, 100, (10, 30, 50, 70, 90), higher_is_better=True),
        {"effort": number(4, 0, 6, "libwebp method: higher is slower and smaller.")},
    ),
    "avif": CodecEntry(
        _STILL,
        "AVIF, libavif with libaom, file boxes included",
        "traditional",
        "still",
        Knob("libavif quality", 0, 99, (20, 40, 60, 75, 90), higher_is_better=True),
        {
            "speed": number(6, 0, 10, "libaom speed: lower is slower and smaller."),
            "subsampling": _SUBSAMPLING,
        },
    ),
    "heic": CodecEntry(
        _STILL,
        "HEIC, libheif with x265, file boxes included; 4:2:0, BT.601, full range, tagged so",
        "traditional",
        "still",
        Knob("libheif quality, x265 CRF is (100 - quality) / 2", 0, 100, (16, 26, 36, 46, 56), higher_is_better=True),
        {"preset": choice("slow", X26X_PRESETS, "x265 preset: speed against size; libheif's own is slow.")},
        extra="heic",
    ),
    "jpegxl": CodecEntry(
        _STILL,
        "JPEG XL codestream, libjxl, VarDCT in XYB; modular where lossless",
        "traditional",
        "still",
        Knob("Butteraugli distance", 0.1, 25, (8, 4, 2, 1, 0.5), higher_is_better=False, whole=False, lossless=0),
        {"effort": number(7, 1, 10, "libjxl effort: higher is slower and smaller.")},
    ),
    "jpegls": CodecEntry(
        _STILL,
        "JPEG-LS, CharLS, RGB planes without a colour transform",
        "traditional",
        "still",
        Knob("largest error of a sample", 0, 60, (0, 1, 3, 7, 15), higher_is_better=False, lossless=0),
    ),
    "png": CodecEntry(
        _STILL,
        "PNG, libpng, RGB; lossless",
        "traditional",
        "still",
        knob=None,
        options={"effort": number(6, 0, 9, "zlib level: higher is slower and smaller.")},
        is_lossless=True,
    ),
}
"""By name, in the order of listings."""
