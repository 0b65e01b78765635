"""Windows of frames: where they lie in a stream, and what a stream that is too short comes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.tasks.video.windows import Windows


def test_a_step_spreads_a_window() -> None:
    windows = Windows(length=3, step=2, stride=2, least=1)
    assert windows.begun_at(4) == [4, 6, 8] and windows.span == 5


@given(length=st.integers(1, 5), step=st.integers(1, 4), stride=st.integers(1, 12))
def test_the_frames_that_are_looked_at_are_those_of_the_windows(length: int, step: int, stride: int) -> None:
    windows = Windows(length, step, stride, 1)
    of_windows = {frame for start in range(0, 60, stride) for frame in windows.begun_at(start)}
    assert {frame for frame in range(60) if windows.look_at(frame)} == {frame for frame in of_windows if frame < 60}


def test_a_short_stream_is_one_window_however_short_it_is() -> None:
    windows = Windows(length=8, step=2, stride=16, least=4)
    assert windows.of_short(11) == [0, 2, 4, 6, 8, 10]
    assert windows.of_short(3) == [0, 2, 0, 2]
    assert windows.of_short(1) == [0, 0, 0, 0]
