"""How an operating point becomes options of one FFmpeg encoder. What each knob means is the table's; the spelling is here.

Bytes must not depend on the machine nor change from run to run, so the number of threads is part of the point (frame
threads: `ffmpeg.py`), and x264 runs without AVX-512: its macroblock tree reads uninitialised memory there (x264 core
165: 20 different streams in 30 runs of one clip; one with AVX2, which is also SSE4's). Measured as repeatable with any
number of threads: x264 so restricted, x265, SVT-AV1 and vvenc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import torch

from ahc_stream.codecs.entry import BIT_RATE, CONTROL, OWN_DEFAULTS, Asked, Entry, Option
from ahc_stream.codecs.traditional.coding import BUFFER, CODING_OPTIONS, EVERY_FRAME
from ahc_stream.codecs.traditional.controls import Family, Settings, family_of, instead_of
from ahc_stream.codecs.traditional.opening import complaints
from ahc_stream.codecs.traditional.passed_on import settle_passed_on
from ahc_stream.codecs.traditional.rates import NONE, bits
from ahc_stream.core.errors import UnknownName
from ahc_stream.core.point import OperatingPoint

if TYPE_CHECKING:
    import av


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


def _x26x(encoder: str, quality: float | None, options: Mapping[str, str]) -> Settings:
    tune = {} if options["tune"] == "none" else {"tune": options["tune"]}
    own = {"preset": options["preset"], "bf": options["bframes"], **tune}
    return {**own, **_told(encoder, quality, options, {})}


_SVT_TUNES = {"vq": 0, "psnr": 1, "ssim": 2}


def _svtav1(quality: float | None, options: Mapping[str, str]) -> Settings:
    words = f"tune={_SVT_TUNES[options['tune']]}"
    if options[CONTROL] == BIT_RATE:
        words += ":undershoot-pct=0"  # without it a stream of GOPs of 32 has two thirds of the bits that were asked for
    return {"preset": options["preset"], **_told("libsvtav1", quality, options, {"svtav1-params": words})}


def vvenc_settings(quality: float, options: Mapping[str, str]) -> Settings:
    """FFmpeg's options for libvvenc, but for colours and threads."""
    spending = {"b": str(int(quality * 1000))} if options[CONTROL] == BIT_RATE else {"qp": f"{quality:g}"}
    words = f"decodingrefreshtype=idr_no_radl:intraperiod={options['gop']}:accessunitdelimiter=0"
    return {**spending, "preset": options["preset"], "qpa": options["qpa"], "vvenc-params": words}


def _told(encoder: str, quality: float | None, options: Mapping[str, str], passed_on: Mapping[str, str]) -> Settings:
    """The control, the buffer, what the encoder always gets, and what the point passes on; lists of words are joined."""
    family = family_of(encoder)
    spending = family.settings(options.get(CONTROL, OWN_DEFAULTS), quality)
    buffer = {name: bits(options[name]) for name in BUFFER if options.get(name, NONE) != NONE and family.buffered}
    settings = {**_given(encoder, family, options), **spending, **buffer}
    for name, value in passed_on.items():
        settings[name] = f"{settings[name]}:{value}" if name == family.words and name in settings else value
    return settings


def _given(encoder: str, family: Family, options: Mapping[str, str]) -> Settings:
    """What an encoder gets at every point, as it depends on the processor and on the threads."""
    if encoder == "libsvtav1":
        return {"svtav1-params": f"lp={min(_SVT_MOST_THREADS, int(options['threads']))}"}
    if encoder == "libx265" and options.get("maxrate", NONE) != NONE:
        # its rows race for what is left of the buffer even where frames do not: three streams in 15 runs
        return {name: f"{words}:wpp=0" for name, words in family.given.items()}
    if encoder in ("libx264", "libx264rgb") and torch.backends.cpu.get_cpu_capability() == "AVX512":
        return {"x264-params": "asm=AVX2,FMA3,BMI2,LZCNT"}
    return dict(family.given)


_SVT_MOST_THREADS = 6  # of its levels of parallelism

_SMALLEST_OF_ANY = 64  # no encoder was met that refuses this, nvenc apart
_SMALLEST = {"libx265": 80}  # with a side of 64, one block, its bytes change from run to run: 10 streams in 12 runs
_NAMED = {
    "h264": Encoder("libx264", "h264", 16, partial(_x26x, "libx264")),
    "h265": Encoder("libx265", "hevc", _SMALLEST["libx265"], partial(_x26x, "libx265")),
    "av1": Encoder("libsvtav1", "libdav1d", 64, _svtav1),
}

_STATED = frozenset({*CODING_OPTIONS, CONTROL, "pixel_format"})  # what `ffmpeg.py` and `_told` give to every encoder
_DECODERS = {"av1": "libdav1d"}  # FFmpeg's own "av1" needs hardware
_CONVERTIBLE = frozenset(
    {"rgb24", "gbrp", "bgr0", "nv12", "p010le"}
    | {f"yuv{j}{sampling}p" for j in ("", "j") for sampling in (420, 422, 444)}
    | {f"yuv{sampling}p{bits}le" for sampling in (420, 422, 444) for bits in (10, 12)}
)


def encoder_of(point: OperatingPoint) -> Encoder:
    """The encoder that serves a point of the codecs h264, h265, av1 or ffmpeg:<encoder>."""
    if point.codec in _NAMED:
        return _NAMED[point.codec]
    codec = _codec(point.codec.partition(":")[2])
    name = codec.canonical_name
    return Encoder(
        codec.name,
        _DECODERS.get(name, name),
        _SMALLEST.get(codec.name, _SMALLEST_OF_ANY),
        lambda q, o: _any(codec, q, o),
    )


def _any(codec: av.Codec, quality: float | None, options: Mapping[str, str]) -> Settings:
    return _told(codec.name, quality, options, _own_options(codec, options))


def _own_options(codec: av.Codec, options: Mapping[str, str]) -> Settings:
    """Those that go to the encoder as they are."""
    stated = _STATED | BUFFER.keys() if family_of(codec.name).buffered else _STATED
    return {name: value for name, value in options.items() if name not in stated}


def _settle(codec: av.Codec, asked: Asked) -> Mapping[str, str]:
    """The options of a point of `ffmpeg:<encoder>`. InvalidValue for those that have no effect: many encoders say of
    themselves, when they are opened, what they do not know."""
    values = settle_passed_on(codec.name, asked)
    own = _own_options(codec, values)
    if not own:
        return values
    others = {name: value for name, value in values.items() if name not in own}
    without = complaints(codec.name, values["pixel_format"], _any(codec, asked.quality, others))
    said = complaints(codec.name, values["pixel_format"], _any(codec, asked.quality, values))
    new = [text for text in said if text not in without]
    if new:
        named = ", ".join(f"{name}={value}" for name, value in own.items())
        raise asked.refused("options that it takes", f"{named}: {'; '.join(new)}", "change them or leave them out")
    return values


@cache
def entry_of(encoder: str) -> Entry:
    """A table entry for any encoder of PyAV's FFmpeg. UnknownName for one that it lacks."""
    codec = _codec(encoder)
    formats = tuple(f.name for f in codec.video_formats or () if f.name in _CONVERTIBLE)
    if not formats:
        raise UnknownName(f"a video encoder that takes {sorted(_CONVERTIBLE)}", repr(encoder), "choose another encoder")
    family = family_of(codec.name)
    knobs = tuple(control.knob for control in family.controls)
    own = knobs[0] if knobs and knobs[0].control != BIT_RATE else None
    return Entry(
        "ahc_stream.codecs.traditional.ffmpeg:make",
        codec.long_name,
        "traditional",
        "still" if codec.intra_only else "video",
        own,
        _coding_options(codec, formats) | (BUFFER if family.buffered else {}),
        passed_on=_passed_on(codec, family),
        more_knobs=knobs[1:] if own else knobs,
        optional=True,
        instead=instead_of(family),
        settle=partial(_settle, codec),
    )


def _coding_options(codec: av.Codec, formats: Sequence[str]) -> dict[str, Option]:
    """Those of every encoder. One that codes each frame alone has no GOPs, and nothing that a segment could cut."""
    full = formats[0].startswith("yuvj")
    options = {
        **CODING_OPTIONS,
        "pixel_format": Option(formats[0], "sampling and depth", choices=formats),
        "range": replace(CODING_OPTIONS["range"], default="full" if full else "limited"),
    }
    if codec.intra_only:
        options["gop"] = EVERY_FRAME
        del options["segment"]
    return options


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


def _passed_on(codec: av.Codec, family: Family) -> frozenset[str]:
    """The encoder's own options, and FFmpeg's general ones that are for encoders of video."""
    supported = codec.create("video").supported_options
    general = {option.name for option in supported.generic if _ENCODES_VIDEO & option.flags == _ENCODES_VIDEO}
    private = {option.name for option in supported.private}
    return frozenset((general | private) - _STATED - instead_of(family).keys() - {"max_pixels", "debug"})


_ENCODES_VIDEO = 1 | 16  # AV_OPT_FLAG_ENCODING_PARAM, AV_OPT_FLAG_VIDEO_PARAM
