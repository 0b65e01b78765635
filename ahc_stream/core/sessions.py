"""The one way through a codec: a stream is opened, pushed clip by clip, and finished. Files, the line and a single clip
all take it. `Codec`s have sessions of their own; what only codes clips is adapted here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeGuard

from torch import Tensor

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, joined
from ahc_stream.core.errors import CodecError
from ahc_stream.core.joining import join_frames
from ahc_stream.core.protocols import ClipCodec, Codec, Decoder, Encoder
from ahc_stream.core.segment_length import NONE, SegmentLength
from ahc_stream.core.segmented_encoder import SegmentedEncoder
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

AnyCodec = Codec | ClipCodec


def open_encoder(codec: AnyCodec, stream: Stream) -> Encoder:
    """An encoder for one stream; cut into segments where the operating point says so. Raises CodecError."""
    options = dict(codec.point.options)
    length = SegmentLength.parse(options.get("segment", NONE))

    def begin() -> Encoder:
        if isinstance(codec, Codec):
            return codec.encoder(stream)
        return _IntraEncoder(codec) if intra_only(codec) else _WholeEncoder(codec)

    return begin() if length is None else SegmentedEncoder(begin, length, stream)


def open_decoder(codec: AnyCodec, header: Mapping[str, Any]) -> Decoder:
    """A decoder for one stream, from its header. Raises CodecError for a header that is not this codec's."""
    if isinstance(codec, Codec):
        return codec.decoder(header)
    return _ClipDecoder(codec, header, waits=not intra_only(codec))


def intra_only(codec: AnyCodec) -> bool:
    """Whether it says that it codes every frame alone."""
    return getattr(codec, "intra_only", False)


def encode(codec: AnyCodec, clip: Clip) -> Bitstream:
    """A whole stream at once or, of a clip that is not consecutive, each still by itself. Raises CodecError, also where
    the stills of a clip have different headers."""
    if clip.consecutive:
        return _encode_stream(codec, clip)
    alone = encode_stills(codec, clip)
    header = alone[0].header
    if any(bitstream.header != header for bitstream in alone):
        raise CodecError("one header for the stills of a clip", "several", "code them one by one")
    units = tuple(replace(unit, frame=frame) for frame, bitstream in enumerate(alone) for unit in bitstream.units)
    return Bitstream(codec.point.codec, header, units)


def decode(codec: AnyCodec, bitstream: Bitstream) -> Tensor:
    """All frames of a bitstream: uint8 [N, 3, H, W] RGB on the codec's device. Raises CodecError."""
    if bitstream.codec != codec.point.codec:
        expected, todo = f"a bitstream of {codec.point.codec}", f"decode it with {bitstream.codec}"
        raise CodecError(expected, f"one of {bitstream.codec}", todo)
    decoder = open_decoder(codec, bitstream.header)
    blocks = [*decoder.push(bitstream.units), *decoder.finish()]
    for block in blocks:
        check_tensor(codec, block)
    return join_frames(blocks)


def encode_stills(codec: AnyCodec, clip: Clip) -> list[Bitstream]:
    """Each still of a clip as a stream of one frame, whatever it shares the clip with. Raises CodecError.

    Those of a codec that says `intra_only` go together; of others several beside one another where it names
    `stills_at_once`.
    """
    if _takes_stacks(codec):
        stack = codec.encode(clip)
        in_order = sorted(stack.units, key=lambda unit: unit.frame)
        return [Bitstream(stack.codec, stack.header, (replace(unit, frame=0),)) for unit in in_order]
    stills = [clip[i : i + 1] for i in range(len(clip))]
    with ThreadPoolExecutor(getattr(codec, "stills_at_once", 1)) as pool:
        return list(pool.map(lambda still: _encode_stream(codec, still), stills))


def decode_stills(codec: AnyCodec, stills: Sequence[Bitstream]) -> Tensor:
    """Their frames: uint8 [N, 3, H, W]. Each is decoded from its own header. Raises CodecError."""
    if _takes_stacks(codec):
        units = tuple(replace(unit, frame=i) for i, still in enumerate(stills) for unit in still.units)
        return codec.decode(Bitstream(codec.point.codec, stills[0].header, units))
    with ThreadPoolExecutor(getattr(codec, "stills_at_once", 1)) as pool:
        return join_frames(list(pool.map(lambda still: decode(codec, still), stills)))


def check_tensor(codec: AnyCodec, frames: object) -> None:
    """Raises CodecError where a decoder gives something else than a tensor."""
    if not isinstance(frames, Tensor):
        got = f"{type(frames).__module__}.{type(frames).__name__}"
        raise CodecError(f"torch tensors out of {codec.point}", got, "wrap them with torch.from_numpy")


def _takes_stacks(codec: AnyCodec) -> TypeGuard[ClipCodec]:
    return not isinstance(codec, Codec) and intra_only(codec)


def _encode_stream(codec: AnyCodec, clip: Clip) -> Bitstream:
    encoder = open_encoder(codec, Stream.of(clip))
    units = (*encoder.push(clip), *encoder.finish())
    if len(units) != len(clip):
        raise CodecError(f"{len(clip)} units out of {codec.point}", f"{len(units)}", "report this codec")
    return Bitstream(codec.point.codec, encoder.header, units)


class _IntraEncoder:
    """Clip by clip, for a codec that codes every frame alone. A frame that it cannot code ends the stream after those
    before it, whichever clip they share."""

    frames_at_once: int | None = None

    def __init__(self, codec: ClipCodec) -> None:
        self._codec, self._frames = codec, 0
        self._error: CodecError | None = None
        self.header: Mapping[str, Any] = {}

    def push(self, clip: Clip) -> Sequence[Unit]:
        self._raise_if_failed()
        try:
            return self._coded(clip)
        except CodecError as error:
            self._error = error
        return list(self._before_the_failure(clip)) if len(clip) > 1 else ()

    def finish(self) -> Sequence[Unit]:
        self._raise_if_failed()
        return ()

    def _before_the_failure(self, clip: Clip) -> Iterator[Unit]:
        """Frame by frame, up to the one that fails; none may, where the clip failed as a whole."""
        self._error = None
        for i in range(len(clip)):
            try:
                yield from self._coded(clip[i : i + 1])
            except CodecError as error:
                self._error = error
                return

    def _raise_if_failed(self) -> None:
        if self._error is not None:
            raise self._error

    def _coded(self, clip: Clip) -> list[Unit]:
        bitstream = self._codec.encode(clip)
        if self._frames and bitstream.header != self.header:
            got = f"{bitstream.header} after {self.header}"
            raise CodecError("one header for all clips of a codec that is intra_only", got, "put it into the units")
        first, self._frames = self._frames, self._frames + len(clip)
        self.header = bitstream.header
        return [replace(unit, frame=first + unit.frame) for unit in bitstream.units]


class _WholeEncoder:
    """The whole stream in one call, for a codec that does not say `intra_only`: frames wait until the stream ends."""

    frames_at_once: int | None = None

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
