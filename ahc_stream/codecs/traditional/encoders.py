"""The encoder of FFmpeg that serves a codec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from ahc_stream.codecs.knob import CONTROL
from ahc_stream.codecs.traditional.coding import BUFFER, CODING_OPTIONS
from ahc_stream.codecs.traditional.control import FfmpegOptions
from ahc_stream.codecs.traditional.families import family_of
from ahc_stream.codecs.traditional.ffmpeg_codecs import ffmpeg_codec
from ahc_stream.codecs.traditional.ffmpeg_settings import (
    encoder_settings,
    ffv1_settings,
    svtav1_settings,
    vpx_settings,
    x26x_settings,
)
from ahc_stream.core.point import OperatingPoint

STATED_OPTIONS = frozenset({*CODING_OPTIONS, CONTROL, "pixel_format"})
"""Options of a point that `ffmpeg.py` and `encoder_settings` give to every encoder."""

_DECODERS = {"av1": "libdav1d"}  # FFmpeg's own "av1" needs hardware
_SMALLEST_OF_ANY = 64  # no encoder was met that refuses this, nvenc apart
_SMALLEST = {"libx265": 80}  # with a side of 64, one block, its bytes change from run to run: 10 streams in 12 runs


@dataclass(frozen=True)
class EncoderSpec:
    """An encoder of FFmpeg.

    decoder:   the decoder for its streams.
    smallest:  the least width and height that it codes; smaller frames are padded up to it.
    settings:  (quality, options) -> FFmpeg's options, beside those that every encoder gets.
    fixed:     what other encoders' points say by their options, and this one's need not.
    """

    name: str
    decoder: str
    smallest: int
    settings: Callable[[float | None, Mapping[str, str]], FfmpegOptions]
    fixed: Mapping[str, str] = field(default_factory=dict)

    def options(self, point: OperatingPoint) -> dict[str, str]:
        """All that the encoder is told, by our names."""
        return {**self.fixed, **dict(point.options)}


_RGB = {"pixel_format": "bgr0", "matrix": "bt709", "range": "full", "gop": "1", "threads": "1"}
"""Of an encoder of RGB that codes each frame alone: nothing is converted, so the matrix is read by nobody."""

_NAMED = {
    "h264": EncoderSpec("libx264", "h264", 16, partial(x26x_settings, "libx264")),
    "h265": EncoderSpec("libx265", "hevc", _SMALLEST["libx265"], partial(x26x_settings, "libx265")),
    "av1": EncoderSpec("libsvtav1", "libdav1d", 64, svtav1_settings),
    "vp9": EncoderSpec("libvpx-vp9", "vp9", 16, vpx_settings),
    "ffv1": EncoderSpec("ffv1", "ffv1", 1, ffv1_settings, _RGB),
}


_ANY = "ffmpeg:"


def is_served(point: OperatingPoint) -> bool:
    """Whether an encoder of PyAV's FFmpeg codes it."""
    return point.codec in _NAMED or point.codec.startswith(_ANY)


def encoder_of(point: OperatingPoint) -> EncoderSpec:
    """The encoder that serves a point of h264, h265, av1, vp9, ffv1 or ffmpeg:<encoder>."""
    if point.codec in _NAMED:
        return _NAMED[point.codec]
    codec = ffmpeg_codec(point.codec.removeprefix(_ANY))
    decoder = _DECODERS.get(codec.canonical_name, codec.canonical_name)
    smallest = _SMALLEST.get(codec.name, _SMALLEST_OF_ANY)
    return EncoderSpec(codec.name, decoder, smallest, partial(any_settings, codec.name))


def any_settings(encoder: str, quality: float | None, options: Mapping[str, str]) -> FfmpegOptions:
    """FFmpeg's options for an encoder by its name there."""
    return encoder_settings(encoder, quality, options, encoder_options(encoder, options))


def encoder_options(encoder: str, options: Mapping[str, str]) -> dict[str, str]:
    """Those options of a point that go to the encoder as they are."""
    stated = STATED_OPTIONS | BUFFER.keys() if family_of(encoder).buffered else STATED_OPTIONS
    return {name: value for name, value in options.items() if name not in stated}
