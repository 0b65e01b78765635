"""The table of codecs: a literal dict, and the few functions that read it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Literal

import torch

from ahc_stream.codecs.entry import Entry, Knob, Option
from ahc_stream.codecs.traditional.coding import BUFFER, CODING_OPTIONS, GOP, RATE, SEGMENT, settle_svtav1, settle_x26x
from ahc_stream.core.errors import UnknownName
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec

_STILL = "ahc_stream.codecs.traditional.still:make"
_FFMPEG = "ahc_stream.codecs.traditional.ffmpeg:make"
_IMAGE = "ahc_stream.codecs.learned.image:make"
_CONTEXT = "ahc_stream.codecs.learned.context:make"
_VIDEO = "ahc_stream.codecs.learned.video:make"

_X26X_PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo"
_X264_TUNES = "none psnr ssim film animation grain stillimage fastdecode zerolatency"
_X265_TUNES = "none psnr ssim grain animation fastdecode zerolatency"


def _one_of(default: str, choices: str, meaning: str) -> Option:
    return Option(default, meaning, choices=tuple(choices.split()))


def _number(default: int, low: int, high: int, meaning: str) -> Option:
    return Option(str(default), meaning, bounds=(low, high))


def _subsampling(choices: str) -> Option:
    return _one_of(choices.split()[0], choices, "chroma sampling: 420 is 4:2:0")


_MSE = {"metric": _one_of("mse", "mse", "what the weights were trained for")}
_METRIC = {"metric": _one_of("mse", "mse ms-ssim", "what the weights were trained for")}


_WALK = {
    "order": _one_of(
        "raster", "raster wave", "of the symbols in a string: CompressAI's, or one decoded in fewer steps"
    ),
    "arithmetic": _one_of("float64", "float64 float32", "of the context model: fast, or CompressAI's to the last bit"),
}


_FLOW = {
    "gop": replace(GOP, default="12"),
    "segment": SEGMENT,
    "transforms": _one_of("float32", "float32 float16 compressai", "arithmetic of the networks; float16 needs a GPU"),
}


def _zoo(maker: str, description: str, highest: int, **options: Option) -> Entry:
    knob = Knob("index of the checkpoint", 1, highest, tuple(range(1, highest + 1)), higher_is_better=True)
    return Entry(maker, description, "learned", "still", knob, {**_METRIC, **options})


def _lite(
    maker: str, description: str, highest: int, medium: Literal["still", "video"] = "still", **options: Option
) -> Entry:
    qualities = tuple(range(1, highest + 1))
    knob = Knob("index of the checkpoint, in the package", 1, highest, qualities, higher_is_better=True)
    return Entry(maker, f"{description}, narrow, trained by us", "learned", medium, knob, {**_MSE, **options})


CODECS: dict[str, Entry] = {
    "identity": Entry(
        "ahc_stream.codecs.traditional.identity:make",
        "no compression: the frames themselves, 24 bits per pixel",
        "traditional",
        "still",
        knob=None,
    ),
    "jpeg": Entry(
        _STILL,
        "JPEG, libjpeg-turbo; the bytes are Pillow's",
        "traditional",
        "still",
        Knob("libjpeg quality", 1, 100, (10, 30, 50, 70, 90), higher_is_better=True),
        {"subsampling": _subsampling("420 422 444")},
    ),
    "jpeg2000": Entry(
        _STILL,
        "JPEG 2000 codestream, OpenJPEG, irreversible 9/7 wavelet, 4:4:4",
        "traditional",
        "still",
        Knob("target PSNR in dB", 10, 80, (28, 32, 36, 40, 44), higher_is_better=True, whole=False),
    ),
    "webp": Entry(
        _STILL,
        "lossy WebP, libwebp, 4:2:0",
        "traditional",
        "still",
        Knob("libwebp quality", 0, 100, (10, 30, 50, 70, 90), higher_is_better=True),
        {"effort": _number(4, 0, 6, "libwebp method: higher is slower and smaller")},
    ),
    "avif": Entry(
        _STILL,
        "AVIF, libavif with libaom, file boxes included",
        "traditional",
        "still",
        Knob("libavif quality", 0, 99, (20, 40, 60, 75, 90), higher_is_better=True),
        {
            "speed": _number(6, 0, 10, "libaom speed: lower is slower and smaller"),
            "subsampling": _subsampling("420 422 444"),
        },
    ),
    "jpegxl": Entry(
        _STILL,
        "JPEG XL codestream, libjxl, VarDCT in XYB",
        "traditional",
        "still",
        Knob("Butteraugli distance", 0.1, 25, (8, 4, 2, 1, 0.5), higher_is_better=False, whole=False),
        {"effort": _number(7, 1, 10, "libjxl effort: higher is slower and smaller")},
    ),
    "jpegls": Entry(
        _STILL,
        "JPEG-LS, CharLS, RGB planes without a colour transform",
        "traditional",
        "still",
        Knob("largest error of a sample", 0, 60, (0, 1, 3, 7, 15), higher_is_better=False),
    ),
    "h264": Entry(
        _FFMPEG,
        "H.264, x264",
        "traditional",
        "video",
        Knob("x264 CRF", 0, 51, (18, 23, 28, 33, 38), higher_is_better=False, whole=False, control="crf"),
        {
            "bframes": _number(3, 0, 16, "most B frames in a row"),
            "pixel_format": _one_of("yuv420p", "yuv420p yuv422p yuv444p yuv420p10le yuv444p10le", "sampling and depth"),
            "preset": _one_of("medium", _X26X_PRESETS, "x264 preset: speed against size"),
            "tune": _one_of(
                "none", _X264_TUNES, "x264 tune; zerolatency has no B frames, and holds a frame in each thread but one"
            ),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_x26x,
    ),
    "h265": Entry(
        _FFMPEG,
        "H.265, x265",
        "traditional",
        "video",
        Knob("x265 CRF", 0, 51, (22, 27, 32, 37, 42), higher_is_better=False, whole=False, control="crf"),
        {
            "bframes": _number(4, 0, 16, "most B frames in a row"),
            "pixel_format": _one_of("yuv420p", "yuv420p yuv422p yuv444p yuv420p10le yuv444p10le", "sampling and depth"),
            "preset": _one_of("medium", _X26X_PRESETS, "x265 preset: speed against size"),
            "tune": _one_of("none", _X265_TUNES, "x265 tune; zerolatency has no B frames, and holds none back"),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_x26x,
    ),
    "av1": Entry(
        _FFMPEG,
        "AV1, SVT-AV1",
        "traditional",
        "video",
        Knob("SVT-AV1 CRF", 1, 63, (25, 32, 39, 46, 55), higher_is_better=False, control="crf"),
        {
            "pixel_format": _one_of("yuv420p", "yuv420p yuv420p10le", "sampling and depth"),
            "preset": _number(8, 0, 13, "SVT-AV1 preset: lower is slower and smaller"),
            "tune": _one_of("psnr", "vq psnr ssim", "SVT-AV1 tune"),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_svtav1,
    ),
    "vvc": Entry(
        "ahc_stream.codecs.traditional.vvc:make",
        "H.266, vvenc in the ffmpeg program of imageio-ffmpeg, decoded by PyAV; 10 bits, 4:2:0",
        "traditional",
        "video",
        Knob("QP", 0, 63, (22, 27, 32, 37, 42), higher_is_better=False, control="qp"),
        {
            "preset": _one_of("faster", "faster fast medium slow slower", "vvenc preset: speed against size"),
            "qpa": _one_of("1", "0 1", "vvenc's perceptual QP adaptation"),
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
    ),
    "bmshj2018-factorized": _zoo(_IMAGE, "Balle 2018, factorized prior", 8),
    "bmshj2018-hyperprior": _zoo(_IMAGE, "Balle 2018, scale hyperprior", 8),
    "mbt2018-mean": _zoo(_IMAGE, "Minnen 2018, mean-scale hyperprior", 8),
    "mbt2018-mean-lite": _lite(_IMAGE, "Minnen 2018, mean-scale hyperprior", 3),
    "mbt2018": _zoo(_CONTEXT, "Minnen 2018, hyperprior and context model", 8, **_WALK),
    "cheng2020-anchor": _zoo(_CONTEXT, "Cheng 2020, residual blocks and context model", 6, **_WALK),
    "cheng2020-anchor-lite": _lite(_CONTEXT, "Cheng 2020, residual blocks and context model", 3, **_WALK),
    "cheng2020-attn": _zoo(_CONTEXT, "Cheng 2020, with attention", 6, **_WALK),
    "ssf2020": Entry(
        _VIDEO,
        "Agustsson 2020, scale-space flow",
        "learned",
        "video",
        Knob("index of the checkpoint", 1, 9, tuple(range(1, 10)), higher_is_better=True),
        {**_METRIC, **_FLOW},
    ),
    "ssf2020-lite": _lite(_VIDEO, "Agustsson 2020, scale-space flow", 2, "video", **_FLOW),
}
"""Every codec by name. `ffmpeg:<encoder>` names any other encoder of PyAV's FFmpeg: see ANY_ENCODER."""

WEIGHTS = "weights"
"""The option that names a learned codec's weights in rows, where they are not the zoo's: see `labelled`."""

ANY_ENCODER = "ffmpeg:"
"""Prefix of the names that the FFmpeg inside PyAV answers for: `ffmpeg:mpeg4`, `ffmpeg:libvpx-vp9` ..."""


def find(name: str) -> Entry:
    """The entry of a codec. Raises UnknownName, with the nearest name, for one that is not there."""
    if name.startswith(ANY_ENCODER):
        from ahc_stream.codecs.traditional.encoders import entry_of  # imports PyAV

        return entry_of(name.removeprefix(ANY_ENCODER))
    if name not in CODECS:
        raise UnknownName.among("codec", name, [*CODECS, ANY_ENCODER + "<encoder>"])
    return CODECS[name]


def make(point: OperatingPoint, device: torch.device, weights: str | None = None, entropy: str = "native") -> AnyCodec:
    """A codec object for one lane, whose frames live on `device`.

    point:    missing options get their defaults, so `codec.point` may say more than `point`.
    weights:  for learned codecs: a checkpoint's path or the name of a table of weights; the others ignore it.
    entropy:  for learned codecs: "native" or "compressai", the range coder. Both write the same bytes.
    """
    entry = find(point.codec)
    module, function = entry.maker.split(":")
    options = {name: value for name, value in point.options if name != WEIGHTS}  # `labelled`: it follows `weights`
    complete = entry.point(point.codec, point.quality, options)
    choice = {"entropy": entropy} if entry.family == "learned" else {}
    return getattr(import_module(module), function)(complete, device, weights, **choice)


def labelled(point: OperatingPoint, weights: str | None) -> OperatingPoint:
    """The point as its rows have it: a learned codec's with the name of its weights, where they are not the zoo's."""
    if find(point.codec).family == "traditional":
        return point
    from ahc_stream.codecs.learned.points import labelled  # the table of checkpoints is the learned codecs' own

    return labelled(point, weights)


def weights_needed(point: OperatingPoint) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; none for a traditional codec."""
    if find(point.codec).family == "traditional":
        return ()
    from ahc_stream.codecs.learned.points import weight_name

    return (weight_name(point),)


def own_weights(point: OperatingPoint, weights: str | None) -> dict[str, Path]:
    """The file that `make` would load in place of the zoo's, by a name that tells it from the zoo's and from others.

    Empty for a traditional codec, for the zoo's weights and for random ones. Raises MissingData.
    """
    if weights is None or find(point.codec).family == "traditional":
        return {}
    from ahc_stream.codecs.learned.checkpoint import locate
    from ahc_stream.codecs.learned.points import seed_of, weight_name

    return (
        {} if seed_of(weights) is not None else {f"{weight_name(point)}:{Path(weights).name}": locate(point, weights)}
    )
