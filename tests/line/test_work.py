"""What keeps messages to their lane, and a run without earlier work."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.core.stream import Stream
from ahc_stream.lanes import End
from ahc_stream.line.work import CodedClip, Ending, NoEarlierWork, StreamAt, Work, key_of
from tests.line.trips import POINT, clip, stills, trip_of


def at(frames) -> StreamAt:
    return StreamAt(Stream.of(frames), POINT)


def test_clips_of_a_stream_keep_to_one_lane_and_everything_else_goes_where_there_is_room() -> None:
    video, stack = clip(0, 2), stills("a", "b")
    assert key_of(Work(at(video), video)) == key_of(CodedClip(at(video), trip_of(video))) == at(video)
    assert key_of(Work(at(stack), stack)) is None and key_of(CodedClip(at(stack), trip_of(stack))) is None
    for message in (
        Failure("d", "v", "open", MediaError("a", "b", "c")),
        ItemNote("d", "v", "dark"),
        End(at(video), Ending(True, True, "pyav")),
    ):
        assert key_of(message) is None


def test_a_stream_at_a_point_prints_both() -> None:
    assert str(at(clip(0, 1))) == "d/v at own@3:a=b"


def test_what_comes_out_of_a_codec_is_no_tail_unless_it_says_so() -> None:
    assert not CodedClip(at(clip(0, 1)), trip_of(clip(0, 1))).is_tail


def test_a_run_that_keeps_nothing_has_done_nothing() -> None:
    earlier = NoEarlierWork()
    item = Item("d", "v", "video", (Path("/v.mp4"),))
    assert not earlier.item(item, [POINT]) and not earlier.stream("d", "v", 0, POINT)
    assert list(earlier.frames("d", "v", 0, POINT)) == []
