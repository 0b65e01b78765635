"""Streams through codecs with delays: round trips in order, exact times, and codecs that keep or add frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.core import roundtrip as module
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError
from ahc_stream.core.roundtrip import Coding, RoundTrip, Timer, roundtrip
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit
from tests.core.coding import HEIGHT, WIDTH, Clips, Sessions, SessionsDecoder, SessionsEncoder, clip

CPU = torch.device("cpu")


@pytest.fixture
def six_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of a codec takes 6 seconds."""

    def seconds_of(device: torch.device, work: Callable[[], Any]) -> tuple[Any, float]:
        return work(), 6.0

    monkeypatch.setattr(module, "seconds_of", seconds_of)


def coded(codec: Any, clips: list[Clip]) -> tuple[list[RoundTrip], Coding]:
    coding = Coding(codec, Stream.of(clips[0]), CPU)
    trips = [trip for part in clips for trip in coding.push(part)]
    return [*trips, *coding.finish()], coding


def test_a_timer_shares_a_calls_time_among_its_frames(six_seconds: None) -> None:
    timer = Timer(CPU, "encode", "jpeg@50")
    assert timer.seconds == 0 and all(map(math.isnan, timer.milliseconds))
    units = [Unit(b"", 0), Unit(b"", 1)]
    assert timer.call(lambda: units) is units
    timer.call(lambda: [torch.zeros(3, 1), torch.zeros(3, 1)])
    timer.call(lambda: (), frames=3)
    timer.call(lambda: ())
    assert timer.seconds == 24
    assert list(timer.per_frame) == [3.0] * 2 + [1.0] * 6 + [2.0] * 3


def test_a_timer_gives_median_and_95th_percentile_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(21))
    monkeypatch.setattr(module, "seconds_of", lambda device, work: (work(), float(next(seconds))))
    timer = Timer(CPU, "encode", "jpeg@50")
    for _ in range(21):
        timer.call(lambda: (), frames=1)
    assert timer.milliseconds == (10_000.0, 19_000.0)


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=5),
    delay=st.integers(0, 5),
    at_once=st.none() | st.integers(1, 4),
    block=st.integers(1, 5),
)
def test_whatever_waits_where_every_clip_comes_back_with_its_own_frames(
    cuts: list[int], delay: int, at_once: int | None, block: int
) -> None:
    codec = Sessions(delay, at_once, block)
    starts = [sum(cuts[:i]) for i in range(len(cuts))]
    clips = [clip(size, start) for start, size in zip(starts, cuts, strict=True)]
    trips, coding = coded(codec, clips)
    assert [trip.reference for trip in trips] == clips
    for trip, part in zip(trips, clips, strict=True):
        assert torch.equal(trip.decoded.frames, part.frames) and trip.decoded.keys == part.keys
        assert [unit.frame for unit in trip.units] == [key.frame for key in part.keys]
        assert trip.payload_bits == (8 * 3 * HEIGHT * WIDTH,) * len(part)
        assert trip.frame_types == tuple("P" if key.frame else "I" for key in part.keys)
        assert trip.estimated_bits == (None,) * len(part)
    whole = Bitstream("own", {"size": [HEIGHT, WIDTH]}, tuple(unit for trip in trips for unit in trip.units))
    assert sum((trip.container_bits for trip in trips), ()) == whole.container_bits
    assert max(codec.pushed) <= (at_once or max(cuts)) and sum(codec.pushed) == sum(cuts)
    assert coding.facts().frames == sum(cuts)


@pytest.mark.parametrize(("delay", "given"), [(0, 0), (1, 1), (3, 3), (5, 5), (8, 5)])
def test_the_delay_is_the_frames_given_beyond_the_first_when_a_unit_came(delay: int, given: int) -> None:
    _, coding = coded(Sessions(delay), [clip(1, number) for number in range(6)])
    assert coding.delay == coding.facts().delay_frames == given
    assert Coding(Sessions(), Stream.of(clip(1)), CPU).facts().delay_frames is None


def test_frames_that_are_given_together_are_not_beyond_the_first() -> None:
    _, coding = coded(Sessions(delay=2), [clip(4, 0), clip(4, 4)])
    assert coding.delay == 0


def test_a_streams_duration_is_to_the_end_of_its_last_frame() -> None:
    parts = [clip(2, 0, seconds=[1.0, 1.5]), clip(2, 2, seconds=[2.0, 4.0])]
    coding = Coding(Sessions(), replace(Stream.of(parts[0]), frames_per_second=4.0), CPU)
    assert coding.facts().duration_seconds == 0.25
    for part in parts:
        list(coding.push(part))
    assert coding.facts().duration_seconds == 3.25


def test_a_streams_seconds_are_booked_once(six_seconds: None) -> None:
    trips, coding = coded(Sessions(delay=1), [clip(2, 0), clip(2, 2)])
    facts = coding.facts()
    assert (facts.encode_seconds, facts.decode_seconds) == (18.0, 24.0)  # two pushes and the end; and three of units
    assert sum(trip.encode_seconds for trip in trips) == 18
    assert [trip.encode_seconds for trip in trips] == [12.0, 6.0]
    assert [trip.decode_seconds for trip in trips] == [12.0, 12.0]
    assert (facts.encode_ms, facts.encode_ms_p95) == (3000.0, pytest.approx(5400.0))
    whole = roundtrip(Sessions(delay=1), clip(4))
    assert (whole.encode_seconds, whole.decode_seconds) == (12.0, 18.0)


def test_the_next_key_is_of_the_first_frame_that_has_not_come_out() -> None:
    parts = [clip(2, 10), clip(2, 12)]
    coding = Coding(Sessions(delay=1), Stream.of(parts[0]), CPU)
    keys = [coding.next_key]
    for part in parts:
        list(coding.push(part))
        keys.append(coding.next_key)
    list(coding.finish())
    keys.append(coding.next_key)
    assert keys == [FrameKey("d", "v", number) for number in (10, 10, 12, 14)]


@pytest.mark.parametrize(("delay", "kept"), [(0, 3), (1, 2), (2, 1), (3, 0)])
def test_what_came_back_of_a_clip_is_salvaged(delay: int, kept: int) -> None:
    part = clip(3)
    coding = Coding(Sessions(delay), Stream.of(part), CPU)
    trips = [*coding.push(part), *coding.salvage()]
    assert sum(len(trip.reference) for trip in trips) == kept
    assert [key for trip in trips for key in trip.reference.keys] == list(part.keys[:kept])
    assert list(coding.salvage()) == []


class Keeping(Sessions):
    """Its decoder keeps `lost` frames, or gives the last one `-lost` times more."""

    lost = 1

    def decoder(self, header: Any) -> SessionsDecoder:
        lost = self.lost

        class Decoder(SessionsDecoder):
            def finish(self) -> Any:
                blocks = list(super().finish())
                return blocks[:-lost] if lost > 0 else blocks + blocks[-1:] * -lost

        return Decoder(100)


@pytest.mark.parametrize(("lost", "got"), [(1, "4 units and 0 frames"), (-1, "4 units and 8 frames")])
def test_a_decoder_that_keeps_frames_or_adds_some_is_an_error(lost: int, got: str) -> None:
    codec = Keeping()
    codec.lost = lost
    with pytest.raises(CodecError, match=rf"expected 4 frames out of own; got {got}\."):
        coded(codec, [clip(4)])


def test_an_encoder_that_numbers_its_units_wrongly_is_an_error() -> None:
    class Shifted(Sessions):
        def encoder(self, stream: Stream) -> SessionsEncoder:
            encoder = super().encoder(stream)
            encoder._count = 1
            return encoder

    with pytest.raises(CodecError, match="a unit for frame 0 of own; got none"):
        coded(Shifted(), [clip(2)])


class Odd(Clips):
    """Its decoder gives what `make` makes of the frames."""

    def decode(self, bitstream: Bitstream) -> Any:
        return self.make(super().decode(bitstream))

    @staticmethod
    def make(frames: torch.Tensor) -> Any:
        return frames


@pytest.mark.parametrize("consecutive", [True, False])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda frames: frames[:, :2], r"torch\.uint8 frames \[3, 2, 4\] on cpu; got torch\.uint8 \[2, 2, 2, 4\]"),
        (lambda frames: frames[..., :3], r"got torch\.uint8 \[2, 3, 2, 3\]"),
        (lambda frames: frames[:, :, :1], r"got torch\.uint8 \[2, 3, 1, 4\]"),
        (lambda frames: frames[:, None].expand(2, 3, 3, 2, 4), r"got torch\.uint8 \[2, 3, 3, 2, 4\]"),
        (lambda frames: frames.float(), r"got torch\.float32"),
        (lambda frames: frames.to("meta"), "on meta"),
        (lambda frames: frames.numpy(), r"torch tensors out of own; got numpy\.ndarray"),
    ],
)
def test_frames_of_another_shape_type_or_device_are_an_error(
    make: Callable[[torch.Tensor], Any], says: str, consecutive: bool
) -> None:
    codec = Odd()
    codec.make = make
    with pytest.raises(CodecError, match=says):
        roundtrip(codec, clip(2, consecutive=consecutive))


@pytest.mark.parametrize("codec", [Clips(), Clips(intra_only=False), Sessions(delay=2)], ids=["intra", "whole", "own"])
def test_each_still_is_a_stream_of_one_frame(codec: Any) -> None:
    stills = clip(3, first=5, consecutive=False)
    trip = roundtrip(codec, stills)
    assert trip.reference is stills and torch.equal(trip.decoded.frames, stills.frames)
    alone = [roundtrip(codec, stills[i : i + 1]) for i in range(3)]
    assert trip.container_bits == tuple(bits for one in alone for bits in one.container_bits)
    assert [unit.frame for unit in trip.units] == [0, 0, 0]
    assert trip.encode_seconds > 0 and trip.decode_seconds > 0


def test_a_codec_that_loses_a_still_is_an_error() -> None:
    codec = Odd()
    codec.make = lambda frames: frames[1:]
    with pytest.raises(CodecError, match="expected 3 frames out of own; got 3 units and 2 frames"):
        roundtrip(codec, clip(3, consecutive=False))
