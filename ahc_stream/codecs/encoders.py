"""How an operating point becomes options of one FFmpeg encoder. What each knob means is the table's; the spelling is here.

Bytes must not depend on the machine nor change from run to run, so the number of threads is part of the point (frame
threads: `ffmpeg.py`), and x264 runs without AVX-512: its macroblock tree reads uninitialised memory there (x264 core
165: 20 different streams in 30 runs of one clip; one with AVX2, which is also SSE4's). Measured as repeatable with any
number of threads: x264 so restricted, x265, SVT-AV1 and vvenc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import torch

from ahc_stream.codecs.entry import CODING_OPTIONS, Entry, Knob, Option
from ahc_stream.core.errors import UnknownName
from ahc_stream.core.trial import OperatingPoint

if TYPE_CHECKING:
    import av

Settings = dict[str, str]


@dataclass(frozen=True)
class Encoder:
    """An encoder of FFmpeg.

    decoder:   the decoder for its streams.
    smallest:  the least width and height that it codes; smaller frames are padded up to it.
    settings:  (quality, options) -> FFmpeg's options, beside those that every encoder gets.
    """

    name: str
    decoder: str
    smallest: int
    settings: Callable[[float | None, Mapping[str, str]], Settings]


def _x264(quality: float | None, options: Mapping[str, str]) -> Settings:
    return {**_x26x(quality, options), **_given("libx264")}


def _x265(quality: float | None, options: Mapping[str, str]) -> Settings:
    return {**_x26x(quality, options), **_given("libx265")}


def _x26x(quality: float | None, options: Mapping[str, str]) -> Settings:
    tune = {} if options["tune"] == "none" else {"tune": options["tune"]}
    return {"crf": f"{quality:g}", "preset": options["preset"], "bf": options["bframes"], **tune}


def _given(encoder: str) -> Settings:
    """What an encoder gets unless the point says otherwise."""
    if encoder == "libx265":  # info=0: without the SEI that spells out the settings, 2 kB in front of the first frame
        return {"x265-params": "info=0:log-level=none"}
    if encoder == "libx264" and torch.backends.cpu.get_cpu_capability() == "AVX512":
        return {"x264-params": "asm=AVX2,FMA3,BMI2,LZCNT"}
    return {}


_SVT_TUNES = {"vq": 0, "psnr": 1, "ssim": 2}


def _svtav1(quality: float | None, options: Mapping[str, str]) -> Settings:
    params = f"tune={_SVT_TUNES[options['tune']]}:lp={min(6, int(options['threads']))}"
    return {"crf": f"{quality:g}", "preset": options["preset"], "svtav1-params": params}


_NAMED = {
    "h264": Encoder("libx264", "h264", 16, _x264),
    "h265": Encoder("libx265", "hevc", 64, _x265),
    "av1": Encoder("libsvtav1", "libdav1d", 64, _svtav1),
}

_STATED = frozenset({*CODING_OPTIONS, "pixel_format"})  # options that `ffmpeg.py` gives to every encoder
_DECODERS = {"av1": "libdav1d"}  # FFmpeg's own "av1" needs hardware
_CONVERTIBLE = frozenset(
    {"rgb24", "gbrp", "bgr0", "nv12", "p010le"}
    | {f"yuv{j}{sampling}p" for j in ("", "j") for sampling in (420, 422, 444)}
    | {f"yuv{sampling}p{bits}le" for sampling in (420, 422, 444) for bits in (10, 12)}
)
_QP2LAMBDA = 118  # FF_QP2LAMBDA: FFmpeg's global_quality per step of a quantiser
_SMALLEST_OF_ANY = 64  # no encoder was met that refuses this, nvenc apart


def encoder_of(point: OperatingPoint) -> Encoder:
    """The encoder that serves a point of the codecs h264, h265, av1 or ffmpeg:<encoder>."""
    if point.codec in _NAMED:
        return _NAMED[point.codec]
    codec = _codec(point.codec.partition(":")[2])
    name = codec.canonical_name
    return Encoder(codec.name, _DECODERS.get(name, name), _SMALLEST_OF_ANY, lambda q, o: _any(codec, q, o))


def _any(codec: av.Codec, quality: float | None, options: Mapping[str, str]) -> Settings:
    settings = _given(codec.name) | {name: value for name, value in options.items() if name not in _STATED}
    if "sc_threshold" in _private(codec):
        settings = {
            "sc_threshold": str(10**9),
            **settings,
        }  # MPEG-1, -2 and -4 close their GOPs only without scene cuts
    if quality is None:
        return settings
    if (knob := _knob_option(codec)) == "global_quality":
        return {knob: str(round(quality * _QP2LAMBDA)), **settings}
    return {knob: f"{quality:g}", "b": "0", **settings}  # libvpx takes crf as a cap on its bit rate unless that is 0


@cache
def entry_of(encoder: str) -> Entry:
    """A table entry for any encoder of PyAV's FFmpeg. UnknownName for one that it lacks."""
    codec = _codec(encoder)
    formats = tuple(f.name for f in codec.video_formats or () if f.name in _CONVERTIBLE)
    if not formats:
        raise UnknownName(f"a video encoder that takes {sorted(_CONVERTIBLE)}", repr(encoder), "choose another encoder")
    full = formats[0].startswith("yuvj")
    options = {
        **CODING_OPTIONS,
        "pixel_format": Option(formats[0], "sampling and depth", choices=formats),
        "range": replace(CODING_OPTIONS["range"], default="full" if full else "limited"),
    }
    return Entry(
        "ahc_stream.codecs.ffmpeg:make",
        codec.long_name,
        "traditional",
        "still" if codec.intra_only else "video",
        _knob(codec),
        options,
        passed_on=_options(codec),
    )


def _codec(encoder: str) -> av.Codec:
    import av

    try:
        codec = av.Codec(encoder, "w")
    except av.codec.codec.UnknownCodecError:
        codec = None
    if codec is None or codec.type != "video":
        raise UnknownName.among("video encoder of this FFmpeg", encoder, _video_encoders())
    return codec


def _video_encoders() -> list[str]:
    import av

    found = []
    for name in av.codecs_available:
        try:
            found += [name] if av.Codec(name, "w").type == "video" else []
        except av.codec.codec.UnknownCodecError:  # a decoder only
            continue
    return found


def _knob_option(codec: av.Codec) -> str:
    private = _private(codec)
    return next((name for name in ("crf", "qp") if name in private), "global_quality")


def _private(codec: av.Codec) -> set[str]:
    """Names of the options that this encoder has to itself."""
    return {option.name for option in codec.create("video").supported_options.private}


def _knob(codec: av.Codec) -> Knob | None:
    if not codec.lossy:
        return None
    if (name := _knob_option(codec)) == "global_quality":
        return Knob("quantiser scale", 1, 31, (2, 4, 8, 16), higher_is_better=False, whole=False)
    return Knob(f"{codec.name} {name}", 0, 63, (23, 28, 33, 38), higher_is_better=False, whole=False)


def _options(codec: av.Codec) -> frozenset[str]:
    supported = codec.create("video").supported_options
    names = {option.name for option in (*supported.generic, *supported.private)}
    return frozenset(names - _STATED - {"g", "time_base", "video_size"})
