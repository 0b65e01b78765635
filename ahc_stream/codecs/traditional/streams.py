"""What every codec that lives in FFmpeg shares: how frames are fitted to an encoder, and how packets become frames again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.traditional.pixels import WORKERS, host_buffer
from ahc_stream.core.colour import Colour, frame_to_planes
from ahc_stream.core.errors import CodecError
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

if TYPE_CHECKING:
    import av

_AGAIN = "encode the stream again"


@dataclass(frozen=True)
class Layout:
    """How frames lie in their stream: everything a decoder must know that packets do not say. It is the stream's header.

    height, width:              of the frames, pixels.
    coded_height, coded_width:  of the coded frames; the right and lower edges are repeated up to it and cropped off.
    matrix, full_range:         of the coded samples.
    extradata:                  what the encoder keeps for a container (FFV1's tables, Theora's), in hexadecimal.
    """

    height: int
    width: int
    coded_height: int
    coded_width: int
    matrix: str
    full_range: bool
    extradata: str = ""

    @classmethod
    def of(cls, stream: Stream, options: Mapping[str, str], smallest: int) -> Layout:
        """Coded sizes are even, and at least `smallest`."""
        coded = [max(smallest, side + side % 2) for side in (stream.height, stream.width)]
        return cls(stream.height, stream.width, *coded, options["matrix"], options["range"] == "full")

    @classmethod
    def read(cls, header: Mapping[str, Any]) -> Layout:
        """The header of a stream. Raises CodecError for one that no codec of FFmpeg's wrote."""
        try:
            return cls(**header)
        except TypeError as error:
            raise CodecError(
                f"a header of {', '.join(cls.__dataclass_fields__)}", f"{sorted(header)}", _AGAIN
            ) from error

    @property
    def header(self) -> Mapping[str, Any]:
        return asdict(self)

    @property
    def colour(self) -> Colour:
        return Colour(self.matrix, self.full_range)

    def fit(self, planes: np.ndarray) -> np.ndarray:
        """uint8 [3, H, W] -> [3, coded H, coded W], the last row and column repeated. Itself where nothing is missing."""
        missing = (self.coded_height - self.height, self.coded_width - self.width)
        return np.pad(planes, ((0, 0), (0, missing[0]), (0, missing[1])), mode="edge") if any(missing) else planes


def frame_rate(stream: Stream) -> Fraction:
    """The mean rate as encoders take it: x264's and x265's rate control looks at it, 1..240 per second."""
    return min(max(Fraction(stream.frames_per_second).limit_denominator(1001), Fraction(1)), Fraction(240))


class FfmpegDecoder:
    """Decodes one stream with an FFmpeg decoder of that name, made afresh. See `core.protocols.Decoder`.

    Raises CodecError where a payload was changed, a packet is refused, a frame is missing or has another size.
    """

    def __init__(self, decoder: str, layout: Layout, device: torch.device) -> None:
        self._name, self._layout, self._device = decoder, layout, device
        self._context = _opened(decoder, layout)
        self._given = self._next = 0

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        frames: list[av.VideoFrame] = []
        for unit in units:
            unit.check()
            frames += self._decode(_packet(unit))
        self._given += len(units)
        return self._block(frames)

    def finish(self) -> Sequence[Tensor]:
        block = self._block(self._decode(None))
        if self._next != self._given:
            raise CodecError(f"{self._given} frames out of {self._name}", f"{self._next}", _AGAIN)
        return block

    def _decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        import av

        try:
            return self._context.decode(packet)
        except av.FFmpegError as error:
            raise CodecError(f"a stream that {self._name} decodes", str(error), _AGAIN) from error

    def _block(self, frames: Sequence[av.VideoFrame]) -> Sequence[Tensor]:
        """The frames, which must be the next of the stream, on the device; nothing for no frames."""
        if not frames:
            return ()
        planes = host_buffer((len(frames), 3, self._layout.height, self._layout.width), self._device)
        for frame, into in zip(frames, planes, strict=True):
            if frame.pts != self._next:
                raise CodecError(f"frame {self._next} next out of {self._name}", f"frame {frame.pts}", _AGAIN)
            self._next += 1
            _place(frame, self._layout, into)
        return [torch.from_numpy(planes).to(self._device)]


def _opened(decoder: str, layout: Layout) -> av.VideoCodecContext:
    import av

    context = av.CodecContext.create(decoder, "r")
    context.options = {"err_detect": "explode"}  # without it FFmpeg hides damage by copying from other frames
    context.thread_type, context.thread_count = "AUTO", WORKERS
    context.width, context.height = layout.coded_width, layout.coded_height  # FFV1 does not store them
    if layout.extradata:
        context.extradata = bytes.fromhex(layout.extradata)
    return context


def _packet(unit: Unit) -> av.Packet:
    """A packet with FFmpeg's padding of zeros behind it. `av.Packet(payload)` has none: decoders then read what follows
    in memory, and MPEG-4 failed or differed in one run of four."""
    import av

    packet = av.Packet(len(unit.payload))
    packet.update(unit.payload)
    packet.pts, packet.is_keyframe = unit.frame, unit.key  # PNG takes packets that are no keys for differences
    return packet


def _place(frame: av.VideoFrame, layout: Layout, into: np.ndarray) -> None:
    if (frame.height, frame.width) != (layout.coded_height, layout.coded_width):
        got = f"{frame.width} x {frame.height}"
        raise CodecError(f"frames of {layout.coded_width} x {layout.coded_height}", got, _AGAIN)
    if into.shape == (3, layout.coded_height, layout.coded_width):
        frame_to_planes(frame, layout.colour, out=into)
    else:
        into[...] = frame_to_planes(frame, layout.colour)[:, : layout.height, : layout.width]
