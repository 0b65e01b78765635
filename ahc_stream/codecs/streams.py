"""What every codec that lives in FFmpeg shares: how frames are fitted to an encoder, and how packets become frames again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.header import crc_of, header_of
from ahc_stream.codecs.pixels import WORKERS, host_buffer, to_host
from ahc_stream.core.clip import Clip
from ahc_stream.core.colour import Colour, frame_to_planes
from ahc_stream.core.errors import CodecError
from ahc_stream.core.trial import Bitstream, Unit

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class Layout:
    """How the frames of a clip lie in its stream: everything a decoder must know that packets do not say.

    height, width:              of the frames, pixels.
    coded_height, coded_width:  of the coded frames; the right and lower edges are repeated up to it and cropped off.
    matrix, full_range:         of the coded samples.
    consecutive:                one stream for the clip; else one stream for each frame, so that none depends on another.
    extradata:                  bytes at the start of each stream that belong into the decoder's extradata.
    crc:                        CRC-32 of the payloads in coding order.
    """

    height: int
    width: int
    coded_height: int
    coded_width: int
    matrix: str
    full_range: bool
    consecutive: bool
    extradata: int = 0
    crc: int = 0

    @classmethod
    def of(cls, clip: Clip, options: Mapping[str, str], smallest: int) -> Layout:
        """Coded sizes are even, and at least `smallest`."""
        coded = [max(smallest, side + side % 2) for side in (clip.height, clip.width)]
        full_range = options["range"] == "full"
        return cls(clip.height, clip.width, *coded, options["matrix"], full_range, clip.consecutive)

    @property
    def colour(self) -> Colour:
        return Colour(self.matrix, self.full_range)

    def fit(self, planes: np.ndarray) -> np.ndarray:
        """uint8 [3, H, W] -> [3, coded H, coded W], the last row and column repeated. Itself where nothing is missing."""
        missing = (self.coded_height - self.height, self.coded_width - self.width)
        return np.pad(planes, ((0, 0), (0, missing[0]), (0, missing[1])), mode="edge") if any(missing) else planes

    def streams(self, items: Sequence[Any]) -> list[Sequence[Any]]:
        """Frames or units, one group per stream."""
        return [items] if self.consecutive else [items[i : i + 1] for i in range(len(items))]


EncodeStream = Callable[[np.ndarray], tuple[list[Unit], int]]
"""uint8 [n, 3, H, W] -> units numbered from 0, in coding order, and the size of the extradata in front of the first."""


def frame_rate(clip: Clip) -> Fraction:
    """The clip's mean rate as encoders take it: x264's and x265's rate control looks at it, 1..240 per second."""
    return min(max(Fraction(clip.frames_per_second).limit_denominator(1001), Fraction(1)), Fraction(240))


def encode(clip: Clip, codec: str, layout: Layout, encode_stream: EncodeStream) -> Bitstream:
    """The clip as one stream, or one per frame, several at once. CodecError where an encoder drops or adds a packet."""
    groups = layout.streams(to_host(clip.frames))
    with ThreadPoolExecutor(WORKERS) as pool:
        streams = list(pool.map(encode_stream, groups))
    units: list[Unit] = []
    for planes, (coded, _) in zip(groups, streams, strict=True):
        if sorted(unit.frame for unit in coded) != list(range(len(planes))):
            got = f"packets for {[unit.frame for unit in coded]}"
            raise CodecError(f"one packet for each of {len(planes)} frames from {codec}", got, "choose another encoder")
        start = len(units)
        units += [replace(unit, frame=start + unit.frame) for unit in coded]
    layout = replace(layout, extradata=streams[0][1], crc=crc_of(units))
    return Bitstream(codec, asdict(layout), tuple(units))


def decode(bitstream: Bitstream, codec: str, decoder: str, device: torch.device) -> Tensor:
    """uint8 [N, 3, H, W] RGB on `device`. `decoder` is FFmpeg's name; its contexts are made afresh for every stream.

    Raises CodecError where a payload was changed, a packet is refused, a frame is missing or has another size.
    """
    layout = Layout(**header_of(bitstream, codec))
    if crc_of(bitstream.units) != layout.crc:
        raise CodecError("the payload that was written", "bytes that fail their CRC", "encode the clip again")
    planes = host_buffer((len(bitstream.units), 3, layout.height, layout.width), device)
    groups = layout.streams(bitstream.units)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda units: _decode_stream(units, decoder, layout, planes), groups))
    return torch.from_numpy(planes).to(device)


def _decode_stream(units: Sequence[Unit], decoder: str, layout: Layout, planes: np.ndarray) -> None:
    """Decodes one stream into the frames of `planes` that its units name."""
    import av

    missing = {unit.frame for unit in units}
    try:
        for frame in _frames(units, decoder, layout):
            if frame.pts not in missing:
                raise CodecError(f"frames {sorted(missing)}", f"frame {frame.pts}", "encode the clip again")
            missing.remove(frame.pts)
            _place(frame, layout, planes[frame.pts])
    except av.FFmpegError as error:
        raise CodecError(f"a stream that {decoder} decodes", str(error), "encode the clip again") from error
    if missing:
        raise CodecError(f"{len(units)} frames", f"none for {sorted(missing)}", "encode the clip again")


def _frames(units: Sequence[Unit], decoder: str, layout: Layout) -> Iterator[av.VideoFrame]:
    import av

    context = av.CodecContext.create(decoder, "r")
    context.options = {"err_detect": "explode"}  # without it FFmpeg hides damage by copying from other frames
    context.thread_type, context.thread_count = "AUTO", WORKERS if len(units) > 1 else 1
    context.width, context.height = layout.coded_width, layout.coded_height  # FFV1 does not store them
    first = units[0].payload
    if layout.extradata:
        context.extradata = first[: layout.extradata]
    for index, unit in enumerate(units):
        packet = _packet(unit.payload[layout.extradata :] if index == 0 else unit.payload)
        packet.pts, packet.is_keyframe = unit.frame, unit.type == "I"  # PNG takes other packets for differences
        yield from context.decode(packet)
    yield from context.decode(None)


def _packet(payload: bytes) -> av.Packet:
    """A packet with FFmpeg's padding of zeros behind it. `av.Packet(payload)` has none: decoders then read what follows
    in memory, and MPEG-4 failed or differed in one run of four."""
    import av

    packet = av.Packet(len(payload))
    packet.update(payload)
    return packet


def _place(frame: av.VideoFrame, layout: Layout, into: np.ndarray) -> None:
    if (frame.height, frame.width) != (layout.coded_height, layout.coded_width):
        got = f"{frame.width} x {frame.height}"
        raise CodecError(f"frames of {layout.coded_width} x {layout.coded_height}", got, "encode the clip again")
    if into.shape == (3, layout.coded_height, layout.coded_width):
        frame_to_planes(frame, layout.colour, out=into)
    else:
        into[...] = frame_to_planes(frame, layout.colour)[:, : layout.height, : layout.width]
