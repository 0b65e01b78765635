"""Windows of frames: where they lie in a clip, and what a clip that is too short comes to."""

from __future__ import annotations

import pytest

from ahc_stream.tasks.windows import Windows


def test_windows_lie_side_by_side_and_whole() -> None:
    windows = Windows(length=4, step=1, stride=4, least=1)
    assert windows.of(11, begins=True).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert windows.of(4, begins=False).tolist() == [[0, 1, 2, 3]]
    assert windows.wanted == 4


def test_a_step_spreads_a_window_and_a_stride_makes_windows_overlap() -> None:
    windows = Windows(length=3, step=2, stride=2, least=1)
    assert windows.of(8, begins=False).tolist() == [[0, 2, 4], [2, 4, 6]]
    assert windows.of(5, begins=False).tolist() == [[0, 2, 4]]
    assert windows.wanted == 6


@pytest.mark.parametrize("frames", [1, 3])
def test_a_later_clip_that_is_too_short_has_no_window(frames: int) -> None:
    assert Windows(length=4, step=1, stride=4, least=1).of(frames, begins=False).shape == (0, 4)


def test_the_first_clip_is_one_window_however_short_it_is() -> None:
    windows = Windows(length=8, step=2, stride=16, least=4)
    assert windows.of(11, begins=True).tolist() == [[0, 2, 4, 6, 8, 10]]
    assert windows.of(3, begins=True).tolist() == [[0, 2, 0, 2]]
    assert windows.of(1, begins=True).tolist() == [[0, 0, 0, 0]]
