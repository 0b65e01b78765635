"""A stream through a codec and back: clips go in, round trips come out."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor

from ahc_stream.core.bitstream import container_bits
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.cuda import seconds_of
from ahc_stream.core.errors import CodecError
from ahc_stream.core.joining import join_frames
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import Decoder
from ahc_stream.core.sessions import AnyCodec, check_tensor, decode_stills, encode_stills, open_decoder, open_encoder
from ahc_stream.core.spans import span
from ahc_stream.core.stream import Clock, Stream
from ahc_stream.core.unit import Unit

T = TypeVar("T", Unit, Tensor)


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """A clip's way through a codec and back, at one operating point.

    units:           of its frames, in presentation order; numbered as in their stream.
    container_bits:  of each frame: see `Bitstream`.
    encode_seconds, decode_seconds:  wall time that encoder and decoder took from the round trip before to this one, the
                     device synchronised. A sum over a stream is exact; one clip's share holds what look-ahead moved.
    """

    point: OperatingPoint
    reference: Clip
    decoded: Clip
    units: tuple[Unit, ...]
    container_bits: tuple[int, ...]
    encode_seconds: float
    decode_seconds: float

    @property
    def frame_types(self) -> tuple[str, ...]:
        """Type of each frame."""
        return tuple(unit.type for unit in self.units)

    @property
    def payload_bits(self) -> tuple[int, ...]:
        """Coded bits of each frame."""
        return tuple(8 * len(unit.payload) for unit in self.units)

    @property
    def estimated_bits(self) -> tuple[float | None, ...]:
        """Estimated bits of each frame; None where the codec has no entropy model."""
        return tuple(unit.estimated_bits for unit in self.units)


@dataclass(frozen=True)
class Facts:
    """What is known of a stream at an operating point, once it has ended.

    duration_seconds:    from the first frame's time to the end of the last one's.
    encode_seconds, decode_seconds:  wall time in all, the device synchronised.
    encode_ms, encode_ms_p95, decode_ms, decode_ms_p95:  per frame, median and 95th percentile; NaN where nothing came.
    delay_frames:        frames given beyond the first one when the first coded one came; None where none came. It is 0
                         without look-ahead, and of encoders with queues of their own (SVT-AV1) a matter of timing.
    """

    frames: int
    duration_seconds: float
    encode_seconds: float
    decode_seconds: float
    encode_ms: float
    encode_ms_p95: float
    decode_ms: float
    decode_ms_p95: float
    delay_frames: int | None


class Timer:
    """Wall time of one direction of a codec, by calls. `seconds` in all; `per_frame` one sample for each frame.

    direction, name:  of the spans that a profile has of it.
    """

    def __init__(self, device: torch.device, direction: Literal["encode", "decode"], name: str) -> None:
        self._device, self._direction, self._name = device, direction, name
        self.seconds = 0.0
        self.per_frame = array("d")

    @property
    def milliseconds(self) -> tuple[float, float]:
        """Median and 95th percentile, per frame."""
        if not self.per_frame:
            return math.nan, math.nan
        median, high = np.quantile(self.per_frame, (0.5, 0.95))
        return 1000 * float(median), 1000 * float(high)

    def call(self, work: Callable[[], Sequence[T]], frames: int | None = None) -> Sequence[T]:
        """The result of `work`, whose time is shared among `frames`, or among the frames that come out."""
        with span(self._direction, self._name):
            result, seconds = seconds_of(self._device, work)
        count = sum(map(_frames, result)) if frames is None else frames
        self.seconds += seconds
        self.per_frame.extend([seconds / count] * count if count else [])
        return result


def _frames(output: Unit | Tensor) -> int:
    return 1 if isinstance(output, Unit) else len(output)


class Coding:
    """One stream at one operating point. Originals wait here until the decoder has caught up.

    encoding, decoding:  wall times so far.
    delay:               frames given beyond the first when the first unit came; None until then.
    """

    def __init__(self, codec: AnyCodec, stream: Stream, device: torch.device) -> None:
        self._codec, self._stream, self._device = codec, stream, device
        self._encoder = open_encoder(codec, stream)
        self._decoder: Decoder | None = None
        self._waiting: deque[Clip] = deque()
        self._units: dict[int, tuple[Unit, int]] = {}
        self._decoded: deque[Tensor] = deque()
        self._ready = 0  # frames of `_decoded`
        self._pushed = self._coded = self._finished = 0
        self._booked = (0.0, 0.0)
        self._clock = Clock(stream)
        self._first_tick: int | None = None
        self._last_tick = 0
        name = str(codec.point)
        self.encoding, self.decoding = Timer(device, "encode", name), Timer(device, "decode", name)
        self.delay: int | None = None

    @property
    def next_key(self) -> FrameKey:
        """Of the frame that would come out next."""
        return FrameKey(
            self._stream.dataset, self._stream.item, self._stream.first + self._stream.step * self._finished
        )

    def facts(self) -> Facts:
        """What can be told of the stream so far."""
        ticks = self._last_tick - (self._first_tick or 0)
        return Facts(
            self._pushed,
            float(ticks * self._stream.time_base) + 1 / self._stream.frames_per_second,
            self.encoding.seconds,
            self.decoding.seconds,
            *self.encoding.milliseconds,
            *self.decoding.milliseconds,
            self.delay,
        )

    def push(self, clip: Clip) -> Iterator[RoundTrip]:
        """The round trips that are done after the stream's next clip. Raises CodecError."""
        self._waiting.append(clip)
        self._note_times(clip)
        step = self._encoder.frames_at_once or len(clip)
        for start in range(0, len(clip), step):
            piece = clip[start : start + step]
            self._pushed += len(piece)
            units = self.encoding.call(partial(self._encoder.push, piece), len(piece))
            self._take(units, given_before=self._pushed - len(piece))
            yield from self._complete()

    def finish(self) -> Iterator[RoundTrip]:
        """The rest. Raises CodecError, also where the codec kept a frame."""
        self._take(self.encoding.call(self._encoder.finish), given_before=self._pushed - 1)
        if self._decoder is not None:
            self._hold(self.decoding.call(self._decoder.finish))
        yield from self._complete()
        if self._waiting or self._decoded:
            got = f"{self._coded} units and {self._finished + self._ready} frames"
            raise CodecError(f"{self._pushed} frames out of {self._codec.point}", got, "report this codec")

    def _note_times(self, clip: Clip) -> None:
        ticks = list(self._clock.ticks(clip))
        self._first_tick = ticks[0] if self._first_tick is None else self._first_tick
        self._last_tick = ticks[-1]

    def _take(self, units: Sequence[Unit], given_before: int) -> None:
        if not units:
            return
        if self._decoder is None:
            self.delay = given_before
            self._decoder = open_decoder(self._codec, self._encoder.header)
        name, header = self._codec.point.codec, self._encoder.header
        for unit in units:
            self._units[unit.frame] = unit, container_bits(name, header, unit, self._coded)
            self._coded += 1
        self._hold(self.decoding.call(partial(self._decoder.push, units)))

    def _hold(self, blocks: Sequence[Tensor]) -> None:
        for block in blocks:
            _check(block, self._stream, self._device, self._codec)
            self._decoded.append(block)
            self._ready += len(block)

    def salvage(self) -> Iterator[RoundTrip]:
        """After a failure: the frames of a clip that came back before it, so that clips do not show in what is kept."""
        if self._waiting and 0 < self._ready < len(self._waiting[0]):
            self._waiting[0] = self._waiting[0][: self._ready]
        yield from self._complete()

    def _complete(self) -> Iterator[RoundTrip]:
        while self._waiting and self._ready >= len(self._waiting[0]):
            reference = self._waiting.popleft()
            frames = self._cut(len(reference))
            coded = [self._unit(self._finished + i) for i in range(len(reference))]
            self._finished += len(reference)
            yield RoundTrip(
                self._codec.point,
                reference,
                reference.with_frames(frames),
                tuple(unit for unit, _ in coded),
                tuple(bits for _, bits in coded),
                *self._since_the_last(),
            )

    def _unit(self, frame: int) -> tuple[Unit, int]:
        if frame not in self._units:
            raise CodecError(f"a unit for frame {frame} of {self._codec.point}", "none", "report this codec")
        return self._units.pop(frame)

    def _cut(self, count: int) -> Tensor:
        """The next `count` decoded frames; without a copy where one block has just these."""
        blocks: list[Tensor] = []
        self._ready -= count
        while count:
            block = self._decoded.popleft()
            if len(block) > count:
                self._decoded.appendleft(block[count:])
                block = block[:count]
            blocks.append(block)
            count -= len(block)
        return join_frames(blocks)

    def _since_the_last(self) -> tuple[float, float]:
        now = self.encoding.seconds, self.decoding.seconds
        encode, decode = (after - before for before, after in zip(self._booked, now, strict=True))
        self._booked = now
        return encode, decode


def roundtrip(codec: AnyCodec, clip: Clip) -> RoundTrip:
    """A clip through a codec and back: as a whole stream or, where it is not consecutive, each still by itself.

    Raises CodecError as the codec does, and where the decoded frames are not those of the clip in shape or type.
    """
    if not clip.consecutive:
        return _stills(codec, clip)
    coding = Coding(codec, Stream.of(clip), clip.device)
    (whole,) = (*coding.push(clip), *coding.finish())
    return replace(whole, encode_seconds=coding.encoding.seconds, decode_seconds=coding.decoding.seconds)


def _stills(codec: AnyCodec, clip: Clip) -> RoundTrip:
    """Every still is a stream of one frame, whatever it shares the clip with; so each has the whole framing."""
    name = str(codec.point)
    with span("encode", name):
        coded, encode_seconds = seconds_of(clip.device, lambda: encode_stills(codec, clip))
    with span("decode", name):
        frames, decode_seconds = seconds_of(clip.device, lambda: decode_stills(codec, coded))
    _check(frames, Stream.of(clip), clip.device, codec)
    if not len(frames) == len(coded) == len(clip):
        got = f"{len(coded)} units and {len(frames)} frames"
        raise CodecError(f"{len(clip)} frames out of {codec.point}", got, "report this codec")
    units = tuple(unit for still in coded for unit in still.units)
    bits = tuple(container_bits(still.codec, still.header, unit, 0) for still in coded for unit in still.units)
    return RoundTrip(codec.point, clip, clip.with_frames(frames), units, bits, encode_seconds, decode_seconds)


def _check(frames: Tensor, stream: Stream, device: torch.device, codec: AnyCodec) -> None:
    check_tensor(codec, frames)
    shape = (3, stream.height, stream.width)
    if frames.shape[1:] != shape or frames.ndim != 4 or frames.dtype != torch.uint8 or frames.device != device:
        expected = f"torch.uint8 frames {list(shape)} on {device}"
        got = f"{frames.dtype} {list(frames.shape)} on {frames.device}"
        raise CodecError(expected, got, f"report this decoder: {codec.point}")
