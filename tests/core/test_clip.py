"""Clips: their rate, their parts, and times that are none."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from ahc_stream.core.clip import Clip, FrameKey, joined
from ahc_stream.core.errors import InvalidValue


def clip(seconds: list[float]) -> Clip:
    """Frames of 2 rows and 5 columns, each filled with its number."""
    levels = torch.arange(len(seconds), dtype=torch.uint8)
    frames = levels[:, None, None, None].expand(-1, 3, 2, 5)
    keys = tuple(FrameKey("d", "v", number) for number in range(len(seconds)))
    return Clip(frames, keys, torch.tensor(seconds, dtype=torch.float64), consecutive=True, source="made")


def test_a_clip_has_its_frames_size() -> None:
    frames = clip([0.0, 0.1, 0.2])
    assert (len(frames), frames.height, frames.width, frames.device.type) == (3, 2, 5, "cpu")


@pytest.mark.parametrize(
    ("seconds", "rate"),
    [
        ([1.0, 1.5], 2.0),
        ([10.0, 10.5, 11.0], 2.0),
        ([0.0, 0.25, 4.0], 0.5),
        ([0.5], 25.0),
        ([0.0, 0.0], 25.0),
        ([1.0, 0.0], 25.0),
    ],
)
def test_the_rate_is_the_mean_of_the_times_and_25_where_they_say_nothing(seconds: list[float], rate: float) -> None:
    assert clip(seconds).frames_per_second == rate


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_not_finite_is_an_error(seconds: float) -> None:
    with pytest.raises(InvalidValue, match="finite presentation times"):
        clip([0.0, seconds])


@pytest.mark.parametrize("cuts", [[0, 4], [0, 1, 4], [0, 1, 2, 3, 4]])
def test_parts_of_a_clip_make_the_clip(cuts: list[int]) -> None:
    whole = clip([0.0, 0.1, 0.2, 0.4])
    parts = [whole[start:stop] for start, stop in pairwise(cuts)]
    again = joined(parts)
    assert torch.equal(again.frames, whole.frames) and torch.equal(again.pts_seconds, whole.pts_seconds)
    assert (again.keys, again.source, again.consecutive) == (whole.keys, "made", True)


def test_one_clip_is_joined_without_a_copy() -> None:
    whole = clip([0.0, 0.1])
    assert joined([whole]) is whole


def test_joined_clips_take_what_they_share_from_the_first() -> None:
    first, second = clip([0.0]), replace(clip([0.1]), source="other")
    assert joined([first, second]).source == "made"


def test_other_pixels_keep_keys_and_times() -> None:
    whole = clip([0.0, 0.1])
    other = whole.with_frames(whole.frames + 7)
    assert torch.equal(other.frames, whole.frames + 7)
    assert other.keys == whole.keys and other.pts_seconds is whole.pts_seconds
