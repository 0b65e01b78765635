"""Encoders of PyAV's FFmpeg, in process: x264, x265, SVT-AV1 and any other.

A unit is what the encoder writes for one frame, parameter sets included, in coding order; there is no container.
Informational SEI (the settings, spelt out) is left out: it helps no decoder and weighs hundreds of bytes.
AV1 and VP9 pack a frame that is not shown with the next that is, so its bits count there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.encoders import encoder_of
from ahc_stream.codecs.nal import without_settings
from ahc_stream.codecs.streams import Layout, decode, encode, frame_rate
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import planes_to_frame
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.trial import Bitstream, OperatingPoint, Unit

if TYPE_CHECKING:
    import av

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 prints its configuration to stderr for every stream; 1 keeps its errors

_TYPES = {1: "I", 2: "P", 3: "B"}  # AVPictureType
_H273 = {"bt709": (1, 1, 1), "bt601": (6, 6, 6)}  # primaries, transfer, matrix; bt601 is its 525-line form


class Ffmpeg:
    """One encoder at one operating point. Frames that are not consecutive become a stream each."""

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device
        self._encoder, self._options = encoder_of(point), dict(point.options)

    def encode(self, clip: Clip) -> Bitstream:
        layout = Layout.of(clip, self._options, self._encoder.smallest)
        rate = frame_rate(clip)
        return encode(clip, self.point.codec, layout, lambda planes: self._encode_stream(planes, layout, rate))

    def decode(self, bitstream: Bitstream) -> Tensor:
        return decode(bitstream, self.point.codec, self._encoder.decoder, self.device)

    def _encode_stream(self, planes: np.ndarray, layout: Layout, rate: Fraction) -> tuple[list[Unit], int]:
        """uint8 [n, 3, H, W] -> n units, and the size of the extradata in front of the first."""
        import av

        try:
            context = self._open(layout, rate)
            packets = [packet for frame in self._frames(planes, layout, rate) for packet in context.encode(frame)]
            packets += context.encode(None)
        except av.FFmpegError as error:
            size = f"{layout.coded_width} x {layout.coded_height}"
            raise CodecError(f"{self.point} to encode {size}", str(error), "choose other options") from error
        extradata = context.extradata or b""
        units = [Unit(bytes(packet), packet.pts, _type(packet)) for packet in packets]
        return [self._with_head(unit, extradata) for unit in units[:1]] + units[1:], len(extradata)

    def _with_head(self, first: Unit, extradata: bytes) -> Unit:
        """A stream's first unit: what the encoder keeps for a container goes in, x264's settings go out."""
        payload = without_settings(first.payload) if self._encoder.decoder == "h264" else first.payload
        return replace(first, payload=extradata + payload)

    def _open(self, layout: Layout, rate: Fraction) -> av.VideoCodecContext:
        """The encoder, opened; InvalidValue where it does not know an option."""
        import av

        context = av.Codec(self._encoder.name, "w").create("video")
        context.width, context.height = layout.coded_width, layout.coded_height
        context.pix_fmt, context.framerate, context.time_base = self._options["pixel_format"], rate, 1 / rate
        context.thread_type = "FRAME"  # PyAV's default splits frames into slices, which costs bits
        context.gop_size, context.thread_count = int(self._options["gop"]), int(self._options["threads"])
        if not context.codec.intra_only:  # MJPEG refuses the flag
            context.flags |= av.codec.context.Flags.closed_gop
        context.color_primaries, context.color_trc, context.colorspace = _H273[layout.matrix]
        context.color_range = 2 if layout.full_range else 1
        settings = self._encoder.settings(self.point.quality, self._options)
        context.qscale = "global_quality" in settings
        context.options = {"chroma_sample_location": "left", **settings}
        context.open()
        if context.options:
            raise InvalidValue(f"options of {self._encoder.name}", f"{context.options}", "leave them out")
        return context

    def _frames(self, planes: np.ndarray, layout: Layout, rate: Fraction) -> Iterator[av.VideoFrame]:
        for index, rgb in enumerate(planes):
            frame = planes_to_frame(layout.fit(rgb), self._options["pixel_format"], layout.colour)
            frame.pts, frame.time_base = index, 1 / rate
            yield frame


def _type(packet: av.Packet) -> str:
    """The encoder's own word for it where it gives one, else I for key frames and P for the rest."""
    statistics = packet.get_sidedata("quality_stats")
    kind = bytes(statistics)[4] if statistics else 0  # uint32 quality, uint8 picture type, ...
    return _TYPES.get(kind, "I" if packet.is_keyframe else "P")


def make(point: OperatingPoint, device: torch.device, weights: str | None) -> Ffmpeg:
    """The table's maker; `weights` means nothing here."""
    return Ffmpeg(point, device)
