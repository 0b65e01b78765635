"""Packets become frames again, for every codec that lives in FFmpeg."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.codecs.foreign_errors import decoding_errors
from ahc_stream.codecs.traditional.layout import AGAIN, Layout
from ahc_stream.codecs.traditional.pixels import Samples, host_buffer
from ahc_stream.codecs.traditional.workers import WORKERS
from ahc_stream.core.colour import frame_to_planes
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit

if TYPE_CHECKING:
    import av
    from av.packet import Packet
    from av.stream import Stream as AnyStream


_BLOCK = 256  # pixels; decoders round sides up to their largest blocks before they compare


class FfmpegDecoder:
    """Decodes one stream with an FFmpeg decoder of that name, made afresh. See `core.protocols.Decoder`.

    Raises CodecError where a payload was changed, a packet is refused, a frame is missing or has another size.
    """

    def __init__(self, decoder: str, layout: Layout, device: torch.device) -> None:
        self._name, self._layout, self._device = decoder, layout, device
        with decoding_errors(f"a header that {decoder} takes", AGAIN):
            self._context = _opened(decoder, layout)
        self._pushed = self._returned = 0  # frames

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        frames: list[av.VideoFrame] = []
        for unit in units:
            unit.check()
            frames += self._decode(_packet(unit))
        self._pushed += len(units)
        return self._block(frames)

    def finish(self) -> Sequence[Tensor]:
        block = self._block(self._decode(None))
        if self._returned != self._pushed:
            raise CodecError(f"{self._pushed} frames out of {self._name}", f"{self._returned}", AGAIN)
        return block

    def _decode(self, packet: Packet[AnyStream] | None) -> list[av.VideoFrame]:
        with decoding_errors(f"a stream that {self._name} decodes", AGAIN):
            return self._context.decode(packet)

    def _block(self, frames: Sequence[av.VideoFrame]) -> Sequence[Tensor]:
        """The frames, which must be the next of the stream, on the device; nothing for no frames."""
        if not frames:
            return ()
        planes = host_buffer((len(frames), 3, self._layout.height, self._layout.width), self._device)
        for frame, into in zip(frames, planes, strict=True):
            if frame.pts != self._returned:
                raise CodecError(f"frame {self._returned} next out of {self._name}", f"frame {frame.pts}", AGAIN)
            self._returned += 1
            with decoding_errors(f"frames out of {self._name} that can be shown", AGAIN):
                _convert(frame, self._layout, into)
        return [torch.from_numpy(planes).to(self._device)]


def _opened(decoder: str, layout: Layout) -> av.VideoCodecContext:
    import av

    context = av.Codec(decoder, "r").create("video")
    most_pixels = (layout.coded_height + _BLOCK) * (layout.coded_width + _BLOCK)
    context.options = {
        "err_detect": "explode",  # without it FFmpeg hides damage by copying from other frames
        "max_pixels": str(most_pixels),  # a packet may claim any size, and the decoder would make room for it
    }
    context.thread_type, context.thread_count = "AUTO", WORKERS
    context.width, context.height = layout.coded_width, layout.coded_height  # FFV1 does not store them
    if layout.extradata:
        context.extradata = bytes.fromhex(layout.extradata)
    return context


def _packet(unit: Unit) -> Packet[AnyStream]:
    """A packet with FFmpeg's padding of zeros behind it. `av.Packet(payload)` has none: decoders then read what follows
    in memory, and MPEG-4 failed or differed in one run of four."""
    import av

    packet = av.Packet(len(unit.payload))
    packet.update(unit.payload)
    packet.pts, packet.is_keyframe = unit.frame, bool(unit.key)  # PNG takes packets that are no keys for differences
    return packet


def _convert(frame: av.VideoFrame, layout: Layout, into: Samples) -> None:
    """Writes the frame, cropped, as uint8 [3, H, W] RGB."""
    if (frame.height, frame.width) != (layout.coded_height, layout.coded_width):
        got = f"{frame.width} x {frame.height}"
        raise CodecError(f"frames of {layout.coded_width} x {layout.coded_height}", got, AGAIN)
    if into.shape == (3, layout.coded_height, layout.coded_width):
        frame_to_planes(frame, layout.colour, out=into)
    else:
        into[...] = frame_to_planes(frame, layout.colour)[:, : layout.height, : layout.width]
