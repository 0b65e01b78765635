"""Encoders of PyAV's FFmpeg, in process: x264, x265, SVT-AV1, libvpx and any other.

A unit is what the encoder writes for one frame, parameter sets included, in coding order; there is no container.
Informational SEI (the settings, spelt out) is left out: it helps no decoder and weighs hundreds of bytes.
AV1 and VP9 pack a frame that is not shown with the next that is, so its bits count there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import torch

from ahc_stream.codecs.traditional.encoders import EncoderSpec, encoder_of
from ahc_stream.codecs.traditional.ffmpeg_decoder import FfmpegDecoder
from ahc_stream.codecs.traditional.layout import Layout, frame_rate
from ahc_stream.codecs.traditional.nal import without_settings
from ahc_stream.codecs.traditional.opening import complaints
from ahc_stream.codecs.traditional.pixels import Samples, host_block
from ahc_stream.codecs.traditional.workers import WORKERS
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import planes_to_frame
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.scheduling import ordinary_priority
from ahc_stream.core.stream import Clock, Stream
from ahc_stream.core.unit import Unit

if TYPE_CHECKING:
    import av
    from av.packet import Packet
    from av.stream import Stream as AnyStream

_TYPES = {1: "I", 2: "P", 3: "B"}  # AVPictureType
_H273 = {"bt709": (1, 1, 1), "bt601": (6, 6, 6)}  # primaries, transfer, matrix; bt601 is its 525-line form


class Ffmpeg:
    """One encoder at one operating point.

    stills_at_once:  streams of one frame that are encoded beside one another.
    """

    stills_at_once = WORKERS

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device
        self._encoder = encoder_of(point)

    def encoder(self, stream: Stream) -> FfmpegEncoder:
        return FfmpegEncoder(self.point, self._encoder, stream)

    def decoder(self, header: Mapping[str, Any]) -> FfmpegDecoder:
        return FfmpegDecoder(self._encoder.decoder, Layout.read(header), self.device)


class FfmpegEncoder:
    """Codes one stream. See `core.protocols.Encoder`. It holds what the encoder's look-ahead holds.

    Libraries (x264, x265, SVT-AV1, libvpx ...) get the frames' own times, for their rate control weighs a frame by its
    duration. FFmpeg's own encoders count time in frames, and MPEG-4's refuses finer time bases.
    """

    frames_at_once = 1

    def __init__(self, point: OperatingPoint, encoder: EncoderSpec, stream: Stream) -> None:
        self._point, self._encoder, self._options = point, encoder, encoder.options(point)
        layout, rate = Layout.of(stream, self._options, encoder.smallest), frame_rate(stream)
        self._clock = Clock(stream) if encoder.name.startswith("lib") else None
        self._time_base = stream.time_base if self._clock else 1 / rate
        try:
            self._context = self._open(layout, rate)
        except av_error() as error:
            raise self._refused(layout, error, self._complaints(layout, rate)) from error
        self._layout = replace(layout, extradata=(self._context.extradata or b"").hex())
        self._frame_at: dict[int | None, int] = {}  # by tick, of the frames that are inside
        self._pushed = self._coded = 0  # frames

    @property
    def header(self) -> Mapping[str, Any]:
        return self._layout.header

    def push(self, clip: Clip) -> Sequence[Unit]:
        in_frames = range(self._pushed, self._pushed + len(clip))
        ticks = self._clock.ticks(clip) if self._clock else in_frames
        units: list[Unit] = []
        for planes, tick in zip(host_block(clip.frames), ticks, strict=True):
            self._frame_at[tick] = self._pushed
            self._pushed += 1
            units += self._encode(self._frame(planes, tick))
        return units

    def finish(self) -> Sequence[Unit]:
        units = self._encode(None)
        if self._coded != self._pushed:
            expected = f"one packet for each of {self._pushed} frames from {self._point.codec}"
            raise CodecError(expected, f"{self._coded}", "choose another encoder")
        return units

    def _frame(self, planes: Samples, tick: int) -> av.VideoFrame:
        frame = planes_to_frame(self._layout.fit(planes), self._options["pixel_format"], self._layout.colour)
        frame.pts, frame.time_base = tick, self._time_base
        return frame

    def _encode(self, frame: av.VideoFrame | None) -> list[Unit]:
        """The units that come out when a frame goes in, or the rest for None."""
        try:
            packets = self._context.encode(frame)
        except av_error() as error:
            raise self._refused(self._layout, error) from error
        return [self._unit(packet) for packet in packets]

    def _unit(self, packet: Packet[AnyStream]) -> Unit:
        payload, frame = bytes(packet), self._frame_at.pop(packet.pts, None)
        if frame is None:
            got = f"a packet at {packet.pts}"
            raise CodecError(f"packets at the times of frames from {self._point.codec}", got, "choose another encoder")
        if self._coded == 0 and self._encoder.decoder == "h264":
            payload = without_settings(payload)
        self._coded += 1
        return Unit(payload, frame, _type(packet), key=packet.is_keyframe)

    def _complaints(self, layout: Layout, rate: Fraction) -> tuple[str, ...]:
        """What the encoder says in FFmpeg's log when it does not open: its error alone is always "Invalid argument"."""
        settings = self._encoder.settings(self._point.quality, self._options)
        size = layout.coded_height, layout.coded_width
        return complaints(self._encoder.name, self._options["pixel_format"], settings, size, rate)

    def _refused(self, layout: Layout, error: Exception, reasons: Sequence[str] = ()) -> CodecError:
        size = f"{layout.coded_width} x {layout.coded_height}"
        got = "; ".join(" ".join(reason.split()) for reason in dict.fromkeys(reasons)) or str(error)
        return CodecError(f"{self._point} to encode {size}", got, "choose other options")

    def _open(self, layout: Layout, rate: Fraction) -> av.VideoCodecContext:
        """The encoder, opened; InvalidValue where it does not know an option."""
        import av

        context = av.Codec(self._encoder.name, "w").create("video")
        context.width, context.height = layout.coded_width, layout.coded_height
        context.pix_fmt, context.framerate, context.time_base = self._options["pixel_format"], rate, self._time_base
        context.thread_type = "FRAME"  # PyAV's default splits frames into slices, which costs bits
        context.gop_size, context.thread_count = int(self._options["gop"]), int(self._options["threads"])
        if not context.codec.intra_only:  # MJPEG refuses the flag
            context.flags |= av.codec.context.Flags.closed_gop
        context.color_primaries, context.color_trc, context.colorspace = _H273[layout.matrix]
        context.color_range = 2 if layout.full_range else 1
        settings = self._encoder.settings(self._point.quality, self._options)
        context.qscale = "global_quality" in settings
        context.options = {"chroma_sample_location": "left", **settings}
        with ordinary_priority():
            context.open()
        if context.options:
            raise InvalidValue(f"options of {self._encoder.name}", f"{context.options}", "leave them out")
        return context


def av_error() -> type[Exception]:
    """FFmpeg's error, imported when it is first needed."""
    import av

    return av.FFmpegError


def _type(packet: Packet[AnyStream]) -> str:
    """The encoder's own word for it where it gives one, else I for key frames and P for the rest."""
    statistics = packet.get_sidedata("quality_stats")
    kind = bytes(statistics)[4] if statistics else 0  # uint32 quality, uint8 picture type, ...
    return _TYPES.get(kind, "I" if packet.is_keyframe else "P")
