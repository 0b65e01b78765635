"""codec: streams through the codecs of one lane, and codecs that fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.core import sessions
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit
from ahc_stream.lanes import End
from ahc_stream.line.codec import CodecStep
from ahc_stream.line.work import CodedClip, Ending, StreamAt, Work
from tests.codecs.contract import CPU, moving

POINT = OperatingPoint("own")
ENDING = Ending(complete=True, final=True, source="made")


@dataclass
class Raw:
    """A codec of one's own over whole clips: the samples. It may fail at a frame, lose one, or change its header."""

    fails_at: int = -1
    loses: int = 0
    point: OperatingPoint = POINT
    intra_only: bool = True
    count: int = 0
    headers: int = 1

    def encode(self, clip: Clip) -> Bitstream:
        self.count += 1
        if any(key.frame == self.fails_at for key in clip.keys):
            raise CodecError("frames that it can code", f"frame {self.fails_at}", "leave it out")
        units = tuple(Unit(frame.numpy().tobytes(), index) for index, frame in enumerate(clip.frames))
        shape = [3, clip.height, clip.width]
        return Bitstream("own", {"shape": shape, "number": self.count % self.headers}, units)

    def decode(self, bitstream: Bitstream) -> torch.Tensor:
        frames = [torch.frombuffer(bytearray(unit.payload), dtype=torch.uint8) for unit in bitstream.units]
        return torch.stack(frames).view(-1, *bitstream.header["shape"])[self.loses :]


class Late:
    """A codec with sessions: an encoder that holds two frames, and the decoder of `Raw`."""

    point = POINT

    def encoder(self, stream: Stream) -> LateEncoder:
        return LateEncoder(stream)

    def decoder(self, header: Mapping[str, Any]) -> RawDecoder:
        return RawDecoder(header)


class LateEncoder:
    frames_at_once = 1

    def __init__(self, stream: Stream) -> None:
        self.header = {"shape": [3, stream.height, stream.width]}
        self._units: list[Unit] = []
        self._given = 0

    def push(self, clip: Clip) -> Sequence[Unit]:
        self._units.append(Unit(clip.frames.numpy().tobytes(), self._given))
        self._given += 1
        return [self._units.pop(0)] if len(self._units) > 2 else []

    def finish(self) -> Sequence[Unit]:
        return self._units


class RawDecoder:
    def __init__(self, header: Mapping[str, Any]) -> None:
        self._shape = header["shape"]

    def push(self, units: Sequence[Unit]) -> Sequence[torch.Tensor]:
        return [torch.frombuffer(bytearray(u.payload), dtype=torch.uint8).view(1, *self._shape) for u in units]

    def finish(self) -> Sequence[torch.Tensor]:
        return ()


def through(codec: object, clip: Clip, cut: int = 5) -> list:
    at = StreamAt(Stream.of(clip), POINT)
    step = CodecStep(lambda point: codec, CPU)
    works = [Work(at, clip[start : start + cut]) for start in range(0, len(clip), cut)]
    ends = [End(at, ENDING)] if clip.consecutive else []
    return [out for thing in (*works, *ends) for out in step(thing)]


def frames_of(things: list) -> torch.Tensor:
    return torch.cat([thing.trip.decoded.frames for thing in things if isinstance(thing, CodedClip)])


@pytest.mark.parametrize("codec", [Raw(), Raw(intra_only=False), Late()], ids=["intra", "whole", "sessions"])
@pytest.mark.parametrize("cut", [1, 5, 12])
def test_codecs_of_ones_own_give_their_frames_back(codec: object, cut: int) -> None:
    clip = moving(12, 8, 10)
    things = through(codec, clip, cut)
    assert torch.equal(frames_of(things), clip.frames)
    assert things[-1].note.complete and things[-1].note.facts.frames == 12
    assert [len(thing.trip.reference) for thing in things[:-1]] == [len(clip[i : i + cut]) for i in range(0, 12, cut)]


def test_only_what_came_out_because_the_stream_ended_is_its_tail() -> None:
    """It holds two frames, so the last two of twelve wait for the end."""
    things = through(Late(), moving(12, 8, 10))
    assert [thing.is_tail for thing in things[:-1]] == [False, False, True]


class FailingLate(Late):
    """Its encoder fails when it is given frame 9, with two frames in hand: seven have come out."""

    def encoder(self, stream: Stream) -> LateEncoder:
        class Failing(LateEncoder):
            def push(self, clip: Clip) -> Sequence[Unit]:
                if clip.keys[0].frame == 9:
                    raise CodecError("frames that it can code", "frame 9", "leave it out")
                return super().push(clip)

        return Failing(stream)


@pytest.mark.parametrize("codec", [Raw(fails_at=7), FailingLate()], ids=["intra", "sessions"])
@pytest.mark.parametrize("cut", [1, 5, 7, 20])
def test_a_codec_that_fails_is_one_failure_after_the_frames_that_came_back_however_the_stream_was_cut(
    codec: object, cut: int
) -> None:
    clip = moving(20, 8, 10)
    things = through(codec, clip, cut)
    assert torch.equal(frames_of(things), clip.frames[:7])
    (failure,) = (thing for thing in things if isinstance(thing, Failure))
    assert failure.key == FrameKey("made", "waves", 7) and failure.point == POINT
    assert not things[-1].note.complete


@pytest.mark.parametrize(
    ("codec", "says"),
    [
        (Raw(loses=1), "20 frames out of own"),
        (Raw(headers=2), "one header for all clips"),
        (Raw(intra_only=False, loses=3), "20 frames out of own"),
    ],
)
def test_a_codec_that_loses_frames_or_changes_its_header_is_a_failure(codec: Raw, says: str) -> None:
    things = through(codec, moving(20, 8, 10))
    (failure,) = (thing for thing in things if isinstance(thing, Failure))
    assert says in str(failure.error) and not things[-1].note.complete


def test_frames_of_another_shape_or_type_are_a_failure() -> None:
    class Larger(Raw):
        def decode(self, bitstream: Bitstream) -> torch.Tensor:
            return super().decode(bitstream).repeat(1, 1, 2, 1)

    class Floating(Raw):
        def decode(self, bitstream: Bitstream) -> torch.Tensor:
            return super().decode(bitstream).float()

    for codec in (Larger(), Floating()):
        things = through(codec, moving(5, 8, 10))
        assert any(isinstance(thing, Failure) and "frames [3, 8, 10]" in str(thing.error) for thing in things)


def test_a_still_that_cannot_be_coded_leaves_the_others_of_its_clip_be() -> None:
    things = through(Raw(fails_at=2), moving(5, 8, 10, consecutive=False))
    coded = [key.frame for thing in things if isinstance(thing, CodedClip) for key in thing.trip.reference.keys]
    (failure,) = (thing for thing in things if isinstance(thing, Failure))
    assert coded == [0, 1, 3, 4] and failure.key.frame == 2


def test_stills_of_a_codec_with_memory_are_coded_one_by_one() -> None:
    """Whether it codes whole clips or has sessions."""

    class Counting(Raw):
        def encode(self, clip: Clip) -> Bitstream:
            assert len(clip) == 1
            return super().encode(clip)

    stills = moving(4, 8, 10, consecutive=False)
    for codec in (Counting(intra_only=False), Late()):
        (coded,) = through(codec, stills)
        assert torch.equal(coded.trip.decoded.frames, stills.frames)
        assert len(set(coded.trip.container_bits)) == 1 and all(unit.frame == 0 for unit in coded.trip.units)


def test_stills_are_decoded_from_headers_of_their_own() -> None:
    class Shifted(Late):
        """Keeps what it adds to the samples in the header."""

        def encoder(self, stream: Stream) -> LateEncoder:
            class Adding(LateEncoder):
                def push(self, clip: Clip) -> Sequence[Unit]:
                    self.header["first"] = int(clip.frames[0, 0, 0, 0])
                    return super().push(clip.with_frames(clip.frames - self.header["first"]))

            return Adding(stream)

        def decoder(self, header: Mapping[str, Any]) -> RawDecoder:
            class Subtracting(RawDecoder):
                def push(self, units: Sequence[Unit]) -> Sequence[torch.Tensor]:
                    return [frames + header["first"] for frames in super().push(units)]

            return Subtracting(header)

    stills = moving(3, 8, 10, consecutive=False)
    (coded,) = through(Shifted(), stills)
    assert torch.equal(coded.trip.decoded.frames, stills.frames)
    with pytest.raises(CodecError, match="one header for the stills"):
        sessions.encode(Shifted(), stills)


def test_a_decoder_of_more_frames_than_units_is_one_failure() -> None:
    class Generous(Late):
        def decoder(self, header: Mapping[str, Any]) -> RawDecoder:
            class Doubling(RawDecoder):
                def push(self, units: Sequence[Unit]) -> Sequence[torch.Tensor]:
                    return 2 * list(super().push(units))

            return Doubling(header)

    things = through(Generous(), moving(12, 8, 10))
    assert sum(isinstance(thing, Failure) for thing in things) == 1 and not things[-1].note.complete


@pytest.mark.parametrize("consecutive", [True, False])
def test_a_decoder_of_numpy_arrays_or_of_too_many_units_is_a_failure(consecutive: bool) -> None:
    class Arrays(Raw):
        def decode(self, bitstream: Bitstream) -> Any:
            return super().decode(bitstream).numpy()

    class Twice(Late):
        def encoder(self, stream: Stream) -> LateEncoder:
            class Doubling(LateEncoder):
                def finish(self) -> Sequence[Unit]:
                    return [*self._units, *(replace(unit, frame=unit.frame + 100) for unit in self._units)]

            return Doubling(stream)

    for codec, says in ((Arrays(), "torch tensors out of own"), (Twice(), "out of own")):
        things = through(codec, moving(3, 8, 10, consecutive))
        assert all(says in str(thing.error) for thing in things if isinstance(thing, Failure))
        assert any(isinstance(thing, Failure) for thing in things)


def test_a_lane_serves_many_streams_by_turns() -> None:
    step = CodecStep(lambda point: codecs.make(point, CPU), CPU)
    clip = moving(24, 48, 64)
    points = codecs.parse("h264@20,40")
    keys = [StreamAt(replace(Stream.of(clip), item=item), point) for item in "ab" for point in points]
    works = [Work(at, clip[start : start + 6]) for start in range(0, 24, 6) for at in keys]
    things = [out for thing in (*works, *(End(at, ENDING) for at in keys)) for out in step(thing)]
    by_key = {at: [t.trip for t in things if isinstance(t, CodedClip) and t.at == at] for at in keys}
    bits = {at: tuple(b for trip in trips for b in trip.payload_bits) for at, trips in by_key.items()}
    assert bits[keys[0]] == bits[keys[2]] and bits[keys[1]] == bits[keys[3]] and bits[keys[0]] != bits[keys[1]]
    assert all(sum(len(trip.reference) for trip in trips) == 24 for trips in by_key.values())


def test_what_a_failed_streams_codec_took_is_told_at_its_end() -> None:
    """Frame 7 fails in the second clip of five, which gives the two before it; the third meets the failure."""
    *_, end = through(Raw(fails_at=7), moving(20, 8, 10))
    assert end.note.facts.frames == 15 and end.note.facts.encode_seconds > 0
    assert (end.note.complete, end.note.final, end.note.source) == (False, True, "made")


def test_an_end_says_what_the_source_says_of_it() -> None:
    clip = moving(2, 8, 10)
    at = StreamAt(Stream.of(clip), POINT)
    for complete, final in ((True, False), (False, True)):
        step = CodecStep(lambda point: Raw(), CPU)
        *_, end = (*step(Work(at, clip)), *step(End(at, Ending(complete, final, "pyav"))))
        assert (end.key, end.note.complete, end.note.final, end.note.source) == (at, complete, final, "pyav")


def test_an_encoder_that_cannot_be_opened_is_a_failure_at_the_streams_first_frame() -> None:
    class Refusing(Late):
        def encoder(self, stream: Stream) -> LateEncoder:
            raise CodecError("even sizes", "odd ones", "crop it")

    clip = moving(6, 8, 10)
    late = Clip(clip.frames[2:], clip.keys[2:], clip.pts_seconds[2:], consecutive=True)
    failure, end = through(Refusing(), late, cut=2)
    assert failure.key == FrameKey("made", "waves", 2)
    assert end.note.facts is None and not end.note.complete


def test_a_stream_begins_anew_after_a_failure_and_its_end() -> None:
    clip = moving(4, 8, 10)
    at = StreamAt(Stream.of(clip), POINT)
    codec = Raw(fails_at=2)
    step = CodecStep(lambda point: codec, CPU)
    first = [*step(Work(at, clip)), *step(End(at, ENDING))]
    codec.fails_at = -1
    second = [*step(Work(at, clip)), *step(End(at, ENDING))]
    assert [type(thing) for thing in first] == [CodedClip, Failure, End]
    assert [type(thing) for thing in second] == [CodedClip, End] and second[-1].note.complete
    assert torch.equal(second[0].trip.decoded.frames, clip.frames) and not second[0].is_tail


def test_what_comes_back_because_of_a_failure_is_a_tail() -> None:
    things = through(Raw(fails_at=7), moving(20, 8, 10))
    assert [thing.is_tail for thing in things if isinstance(thing, CodedClip)] == [False, True]


def test_a_codec_is_made_once_for_its_point() -> None:
    made: list[OperatingPoint] = []

    def make(point: OperatingPoint) -> Raw:
        made.append(point)
        return Raw()

    step = CodecStep(make, CPU)
    stills = moving(2, 8, 10, consecutive=False)
    points = [OperatingPoint("own"), OperatingPoint("own", 1.0)]
    for _ in range(2):
        for point in points:
            list(step(Work(StreamAt(Stream.of(stills), point), stills)))
    assert made == points


def test_a_stream_that_had_no_clip_ends_without_facts() -> None:
    at = StreamAt(Stream.of(moving(1, 8, 10)), POINT)
    (end,) = CodecStep(lambda point: Raw(), CPU)(End(at, ENDING))
    assert end == End(at, ENDING)


def test_failures_of_other_stages_pass() -> None:
    failure = Failure("made", "waves", "open", CodecError("a", "b", "c"))
    assert list(CodecStep(lambda point: Raw(), CPU)(failure)) == [failure]
