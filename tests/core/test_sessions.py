"""The one way through a codec: codecs with sessions and codecs of clips, streams, stills and segments."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch

from ahc_stream.core import sessions
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.segment_length import SegmentLength
from ahc_stream.core.segmented_encoder import SegmentedEncoder
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit
from tests.core.coding import Clips, Sessions, SessionsEncoder, clip, with_segment


def pushed(codec: Any, clips: Sequence[Clip]) -> list[list[int]]:
    """The numbers of the units after each clip, and after the end."""
    encoder = sessions.open_encoder(codec, Stream.of(clips[0]))
    units = [encoder.push(part) for part in clips]
    return [[unit.frame for unit in part] for part in (*units, encoder.finish())]


PARTS = [clip(2, 0), clip(1, 2), clip(3, 3)]


def test_a_codec_that_codes_every_frame_alone_goes_clip_by_clip() -> None:
    codec = Clips()
    assert pushed(codec, PARTS) == [[0, 1], [2], [3, 4, 5], []] and codec.encoded == [2, 1, 3]


def test_any_other_codec_of_clips_is_called_once() -> None:
    codec = Clips(intra_only=False)
    assert pushed(codec, PARTS) == [[], [], [], [0, 1, 2, 3, 4, 5]] and codec.encoded == [6]


def test_a_codec_with_sessions_has_its_own() -> None:
    assert pushed(Sessions(delay=2), PARTS) == [[], [0], [1, 2, 3], [4, 5]]


@pytest.mark.parametrize("codec", [Clips(), Clips(intra_only=False), Sessions(delay=2)], ids=["intra", "whole", "own"])
@pytest.mark.parametrize("consecutive", [True, False])
@pytest.mark.parametrize("count", [1, 4])
def test_frames_come_back(codec: Any, count: int, consecutive: bool) -> None:
    frames = clip(count, consecutive=consecutive)
    bitstream = sessions.encode(codec, frames)
    assert [unit.frame for unit in bitstream.units] == list(range(count))
    assert torch.equal(sessions.decode(codec, bitstream), frames.frames)


@pytest.mark.parametrize(("intra_only", "calls"), [(True, [2, 1]), (False, [3])])
def test_a_decoder_of_clips_gets_units_as_they_come_only_where_each_is_coded_alone(
    intra_only: bool, calls: list[int]
) -> None:
    codec = Clips(intra_only=intra_only)
    units = sessions.encode(codec, clip(3)).units
    decoder = sessions.open_decoder(codec, {})
    blocks = [*decoder.push(units[:2]), *decoder.push(units[2:]), *decoder.finish()]
    assert codec.decoded == calls and torch.equal(torch.cat(blocks), clip(3).frames)
    assert list(decoder.finish()) == []


def test_a_bitstream_of_another_codec_is_refused() -> None:
    with pytest.raises(CodecError, match="a bitstream of own; got one of jpeg"):
        sessions.decode(Clips(), Bitstream("jpeg", {}, ()))


@pytest.mark.parametrize("fails_at", range(4))
@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_frame_that_cannot_be_coded_ends_the_stream_after_those_before_it(fails_at: int, cut: int) -> None:
    frames = clip(4)
    encoder = sessions.open_encoder(Clips(fails_at=fails_at), Stream.of(frames))
    units: list[Unit] = []
    with pytest.raises(CodecError, match=f"got frame {fails_at}"):
        for start in range(0, 4, cut):
            units += encoder.push(frames[start : start + cut])
        encoder.finish()
    assert [unit.frame for unit in units] == list(range(fails_at))
    for again in (lambda: encoder.push(frames[:1]), encoder.finish):
        with pytest.raises(CodecError, match=f"got frame {fails_at}"):
            again()


def test_a_clip_that_fails_as_a_whole_alone_is_coded_frame_by_frame() -> None:
    class Single(Clips):
        def encode(self, clip: Clip) -> Bitstream:
            if len(clip) > 1:
                raise CodecError("one frame", f"{len(clip)}", "push them alone")
            return super().encode(clip)

    codec = Single()
    assert pushed(codec, PARTS) == [[0, 1], [2], [3, 4, 5], []]


def test_headers_of_a_stream_do_not_change() -> None:
    codec = Clips(headers=[{"a": 1}, {"a": 2}])
    with pytest.raises(CodecError, match="one header for all clips"):
        pushed(codec, [clip(1), clip(1, 1)])
    same = sessions.open_encoder(Clips(headers=[{"a": 1}, {"a": 1}]), Stream.of(clip(1)))
    assert same.push(clip(1)) and same.push(clip(1, 1)) and same.header == {"a": 1}


def test_stills_of_one_bitstream_have_one_header() -> None:
    stills = clip(3, consecutive=False)
    codec = Sessions(headers=[{"a": 1}, {"a": 1}, {"a": 2}])
    with pytest.raises(CodecError, match="one header for the stills"):
        sessions.encode(codec, stills)
    assert sessions.encode(Sessions(headers=[{"a": 1}] * 3), stills).header == {"a": 1}


def test_stills_of_a_codec_that_codes_every_frame_alone_go_together_and_are_put_in_order() -> None:
    codec, stills = Clips(reverse=True), clip(3, consecutive=False)
    alone = sessions.encode_stills(codec, stills)
    assert codec.encoded == [3] and [unit.frame for still in alone for unit in still.units] == [0, 0, 0]
    assert torch.equal(sessions.decode_stills(codec, alone), stills.frames) and codec.decoded == [3]


@pytest.mark.parametrize("at_once", [None, 2])
def test_other_stills_go_beside_one_another_where_the_codec_says_how_many(at_once: int | None) -> None:
    """Each of two waits for the other; one by one none may find another there."""
    lock, inside, most = threading.Lock(), 0, 0
    barrier = threading.Barrier(at_once or 1, timeout=20)

    class Counted(Clips):
        def encode(self, clip: Clip) -> Bitstream:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            barrier.wait()
            with lock:
                inside -= 1
            barrier.wait()
            return super().encode(clip)

        def decode(self, bitstream: Bitstream) -> torch.Tensor:
            barrier.wait()
            return super().decode(bitstream)

    codec, stills = Counted(intra_only=False), clip(4, consecutive=False)
    if at_once is not None:
        codec.stills_at_once = at_once
    alone = sessions.encode_stills(codec, stills)
    assert torch.equal(sessions.decode_stills(codec, alone), stills.frames)
    assert most == (at_once or 1) and codec.encoded == [1] * 4


def test_an_encoder_of_other_units_than_frames_is_an_error() -> None:
    class Losing(Sessions):
        def encoder(self, stream: Stream) -> SessionsEncoder:
            encoder = super().encoder(stream)
            encoder.finish = lambda: []
            return encoder

    with pytest.raises(CodecError, match="3 units out of own; got 1"):
        sessions.encode(Losing(delay=2), clip(3))


def test_decoded_frames_are_tensors() -> None:
    class Arrays(Clips):
        def decode(self, bitstream: Bitstream) -> Any:
            return super().decode(bitstream).numpy()

    codec = Arrays()
    with pytest.raises(CodecError, match=r"torch tensors out of own; got numpy\.ndarray"):
        sessions.decode(codec, sessions.encode(codec, clip(2)))


@pytest.mark.parametrize(
    ("segment", "begins"),
    [("none", [6]), ("2", [2, 2, 2]), ("4", [4, 2]), ("6", [6]), ("0.12s", [3, 3]), ("0.08s", [2, 2, 2])],
)
@pytest.mark.parametrize("cut", [1, 4, 6])
@pytest.mark.parametrize("first", [0, 9])
def test_each_segment_has_an_encoder_of_its_own(segment: str, begins: list[int], cut: int, first: int) -> None:
    codec = with_segment(Sessions(delay=1), segment)
    whole = clip(6, first)
    encoder = sessions.open_encoder(codec, Stream.of(whole))
    units = [unit for start in range(0, 6, cut) for unit in encoder.push(whole[start : start + cut])]
    units += encoder.finish()
    assert [unit.frame for unit in units] == list(range(6))
    assert [unit.frame for unit in units if unit.type == "I"] == [sum(begins[:i]) for i in range(len(begins))]
    assert codec.opened == len(begins)
    assert isinstance(encoder, SegmentedEncoder) == (segment != "none")


def test_segments_by_time_begin_at_the_streams_first_frame() -> None:
    """Frames at 10.0, 10.5, 11.2 and 14 seconds, in parts of one second."""
    codec = with_segment(Sessions(), "1s")
    late = clip(4, seconds=[10.0, 10.5, 11.2, 14.0])
    assert [unit.type for unit in sessions.encode(codec, late).units] == ["I", "P", "I", "I"]


def test_segments_have_one_header_the_first_ones() -> None:
    codec = with_segment(Sessions(headers=[{"a": 1}, {"a": 1}]), "2")
    assert sessions.encode(codec, clip(4)).header == {"a": 1}
    codec = with_segment(Sessions(headers=[{"a": 1}, {"a": 2}]), "2")
    with pytest.raises(CodecError, match="segments of one header"):
        sessions.encode(codec, clip(4))


def test_a_segmented_encoder_likes_as_many_frames_at_once_as_those_of_its_segments() -> None:
    stream = replace(Stream.of(clip(1)), time_base=Fraction(1, 1000))
    codec = Sessions(frames_at_once=3)
    encoder = SegmentedEncoder(lambda: codec.encoder(stream), SegmentLength(2), stream)
    assert encoder.frames_at_once == 3


def test_a_point_that_says_nothing_of_segments_has_none() -> None:
    codec = replace(Sessions(), point=OperatingPoint("own", None, (("gop", "3"),)))
    assert not isinstance(sessions.open_encoder(codec, Stream.of(clip(1))), SegmentedEncoder)
