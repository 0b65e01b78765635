"""The one way through a codec: a stream is opened, pushed clip by clip, and finished. Files, the line and a single clip
all take it. `Codec`s have sessions of their own; what only codes clips is adapted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, joined
from ahc_stream.core.errors import CodecError
from ahc_stream.core.protocols import ClipCodec, Codec, Decoder, Encoder
from ahc_stream.core.segment import Segment
from ahc_stream.core.segments import SegmentedEncoder
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

AnyCodec = Codec | ClipCodec


def open_encoder(codec: AnyCodec, stream: Stream) -> Encoder:
    """An encoder for one stream; cut into segments where the operating point says so. Raises CodecError."""
    segment = Segment.parse(dict(codec.point.options).get("segment", "none"))

    def begin() -> Encoder:
        if isinstance(codec, Codec):
            return codec.encoder(stream)
        return _IntraEncoder(codec) if intra_only(codec) else _WholeEncoder(codec)

    return begin() if segment is None else SegmentedEncoder(begin, segment, stream)


def open_decoder(codec: AnyCodec, header: Mapping[str, Any]) -> Decoder:
    """A decoder for one stream, from its header. Raises CodecError for a header that is not this codec's."""
    if isinstance(codec, Codec):
        return codec.decoder(header)
    return _ClipDecoder(codec, header, waits=not intra_only(codec))


def intra_only(codec: AnyCodec) -> bool:
    """Whether it says that it codes every frame alone."""
    return getattr(codec, "intra_only", False)


def encode(codec: AnyCodec, clip: Clip) -> Bitstream:
    """A whole stream at once or, of a clip that is not consecutive, each still by itself. Raises CodecError."""
    if clip.consecutive:
        encoder = open_encoder(codec, Stream.of(clip))
        units = [*encoder.push(clip), *encoder.finish()]
        return Bitstream(codec.point.codec, encoder.header, tuple(units))
    if not isinstance(codec, Codec):
        return codec.encode(clip)
    with ThreadPoolExecutor(getattr(codec, "stills_at_once", 1)) as pool:
        alone = list(pool.map(lambda still: _encode_still(codec, still), (clip[i : i + 1] for i in range(len(clip)))))
    units = [replace(unit, frame=frame) for frame, (_, unit) in enumerate(alone)]
    return Bitstream(codec.point.codec, alone[0][0], tuple(units))


def _encode_still(codec: Codec, still: Clip) -> tuple[Mapping[str, Any], Unit]:
    encoder = codec.encoder(Stream.of(still))
    (unit,) = (*encoder.push(still), *encoder.finish())
    return encoder.header, unit


def decode(codec: AnyCodec, bitstream: Bitstream) -> Tensor:
    """All frames of a bitstream: uint8 [N, 3, H, W] RGB on the codec's device. Raises CodecError."""
    if bitstream.codec != codec.point.codec:
        expected, todo = f"a bitstream of {codec.point.codec}", f"decode it with {bitstream.codec}"
        raise CodecError(expected, f"one of {bitstream.codec}", todo)
    decoder = open_decoder(codec, bitstream.header)
    return torch.cat([*decoder.push(bitstream.units), *decoder.finish()])


class _IntraEncoder:
    """Clip by clip, for a codec that codes every frame alone."""

    frames_at_once = None

    def __init__(self, codec: ClipCodec) -> None:
        self._codec, self._frames = codec, 0
        self.header: Mapping[str, Any] = {}

    def push(self, clip: Clip) -> Sequence[Unit]:
        bitstream = self._codec.encode(clip)
        if self._frames and bitstream.header != self.header:
            got = f"{bitstream.header} after {self.header}"
            raise CodecError("one header for all clips of a codec that is intra_only", got, "put it into the units")
        first, self._frames = self._frames, self._frames + len(clip)
        self.header = bitstream.header
        return [replace(unit, frame=first + unit.frame) for unit in bitstream.units]

    def finish(self) -> Sequence[Unit]:
        return ()


class _WholeEncoder:
    """The whole stream in one call, for a codec of which nothing is known: its frames are held until the stream ends."""

    frames_at_once = None

    def __init__(self, codec: ClipCodec) -> None:
        self._codec = codec
        self._clips: list[Clip] = []
        self.header: Mapping[str, Any] = {}

    def push(self, clip: Clip) -> Sequence[Unit]:
        self._clips.append(clip)
        return ()

    def finish(self) -> Sequence[Unit]:
        bitstream = self._codec.encode(joined(self._clips))
        self._clips.clear()
        self.header = bitstream.header
        return bitstream.units


class _ClipDecoder:
    """Units as they come, for a codec that codes every frame alone; all of them at the end for any other."""

    def __init__(self, codec: ClipCodec, header: Mapping[str, Any], waits: bool) -> None:
        self._codec, self._header, self._waits = codec, header, waits
        self._held: list[Unit] = []

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        self._held += units
        return () if self._waits else self.finish()

    def finish(self) -> Sequence[Tensor]:
        if not self._held:
            return ()
        first = min(unit.frame for unit in self._held)
        units = tuple(replace(unit, frame=unit.frame - first) for unit in self._held)
        self._held.clear()
        return [self._codec.decode(Bitstream(self._codec.point.codec, self._header, units))]
