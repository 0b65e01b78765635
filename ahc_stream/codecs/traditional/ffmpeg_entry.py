"""The table's entry for any encoder of PyAV's FFmpeg: `ffmpeg:<encoder>`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from ahc_stream.codecs.entry import CodecEntry, PointRequest
from ahc_stream.codecs.knob import BIT_RATE
from ahc_stream.codecs.traditional import delay
from ahc_stream.codecs.traditional.coding import BUFFER, CODING_OPTIONS, EVERY_FRAME
from ahc_stream.codecs.traditional.control import EncoderFamily, instead_of
from ahc_stream.codecs.traditional.encoder_options import settle_encoder_options
from ahc_stream.codecs.traditional.encoders import STATED_OPTIONS, any_settings, encoder_options
from ahc_stream.codecs.traditional.families import family_of
from ahc_stream.codecs.traditional.ffmpeg_codecs import ffmpeg_codec
from ahc_stream.codecs.traditional.opening import complaints
from ahc_stream.core.errors import UnknownName
from ahc_stream.core.option import Option, one_of

if TYPE_CHECKING:
    import av

_ENCODES_VIDEO = 1 | 16  # AV_OPT_FLAG_ENCODING_PARAM, AV_OPT_FLAG_VIDEO_PARAM
_CONVERTIBLE = frozenset(
    {"rgb24", "gbrp", "bgr0", "nv12", "p010le"}
    | {f"yuv{j}{sampling}p" for j in ("", "j") for sampling in (420, 422, 444)}
    | {f"yuv{sampling}p{bits}le" for sampling in (420, 422, 444) for bits in (10, 12)}
)


@cache
def entry_of(encoder: str) -> CodecEntry:
    """A table entry for any encoder of PyAV's FFmpeg. UnknownName for one that it lacks."""
    codec = ffmpeg_codec(encoder)
    formats = [name for name in _pixel_formats(codec) if name in _CONVERTIBLE]
    if not formats:
        raise UnknownName(f"a video encoder that takes {sorted(_CONVERTIBLE)}", repr(encoder), "choose another encoder")
    family = family_of(codec.name)
    knobs = tuple(control.knob for control in family.controls)
    first = knobs[0] if knobs and knobs[0].control != BIT_RATE else None
    return CodecEntry(
        "ahc_stream.codecs.traditional.ffmpeg:Ffmpeg",
        codec.long_name,
        "traditional",
        "still" if codec.intra_only else "video",
        first,
        {**_coding_options(codec, formats), **(BUFFER if family.buffered else {})},
        encoder_options=_options_of(codec, family),
        more_knobs=knobs[1:] if first else knobs,
        optional=True,
        instead=instead_of(family),
        settle=partial(_settle, codec.name),
        frames_held=partial(delay.any_encoder, codec.name),
    )


def _pixel_formats(codec: av.Codec) -> list[str]:
    return [pixel_format.name for pixel_format in codec.video_formats or ()]


def _coding_options(codec: av.Codec, formats: Sequence[str]) -> dict[str, Option]:
    """Those of every encoder. One that codes each frame alone has no GOPs, and nothing that a segment could cut."""
    full = formats[0].startswith("yuvj")
    options = {
        **CODING_OPTIONS,
        "pixel_format": Option(formats[0], "Chroma sampling and bit depth.", one_of(*formats)),
        "range": replace(CODING_OPTIONS["range"], default="full" if full else "limited"),
    }
    if codec.intra_only:
        options["gop"] = EVERY_FRAME
        del options["segment"]
    return options


def _options_of(codec: av.Codec, family: EncoderFamily) -> frozenset[str]:
    """The encoder's own options, and FFmpeg's general ones that are for encoders of video."""
    supported = codec.create("video").supported_options
    general = {option.name for option in supported.generic if _ENCODES_VIDEO & option.flags == _ENCODES_VIDEO}
    private = {option.name for option in supported.private}
    return frozenset((general | private) - STATED_OPTIONS - instead_of(family).keys() - {"max_pixels", "debug"})


def _settle(encoder: str, request: PointRequest) -> Mapping[str, str]:
    """The options of a point of `ffmpeg:<encoder>`. InvalidValue for those that have no effect: many encoders say of
    themselves, when they are opened, what they do not know."""
    values = settle_encoder_options(encoder, request)
    asked = encoder_options(encoder, values)
    if not asked:
        return values
    others = {name: value for name, value in values.items() if name not in asked}
    without = complaints(encoder, values["pixel_format"], any_settings(encoder, request.quality, others))
    with_them = complaints(encoder, values["pixel_format"], any_settings(encoder, request.quality, values))
    new = [text for text in with_them if text not in without]
    if new:
        named = ", ".join(f"{name}={value}" for name, value in asked.items())
        raise request.refused("options that it takes", f"{named}: {'; '.join(new)}", "change them or leave them out")
    return values
