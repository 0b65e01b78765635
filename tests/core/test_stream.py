"""Streams and their clock: times that rise, whatever the file says and however it was cut."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.clip import Clip, FrameKey, joined
from ahc_stream.core.stream import Clock, Stream


def clip(seconds: list[float], first: int = 0) -> Clip:
    frames = torch.zeros((len(seconds), 3, 2, 2), dtype=torch.uint8)
    keys = tuple(FrameKey("d", "v", first + i) for i in range(len(seconds)))
    return Clip(frames, keys, torch.tensor(seconds, dtype=torch.float64), consecutive=True)


def stream(time_base: Fraction, rate: float = 25.0) -> Stream:
    return Stream("d", "v", 0, 2, 2, rate, time_base, True)


def test_steady_times_keep_their_ticks() -> None:
    times = [i * 1001 / 30000 for i in range(100)]
    ticks = list(Clock(stream(Fraction(1, 90_000), 30000 / 1001)).ticks(clip(times)))
    assert ticks == [3003 * i for i in range(100)]


def test_where_time_runs_back_the_clock_goes_on_by_one_frame_and_keeps_the_distances() -> None:
    ticks = list(Clock(stream(Fraction(1, 1000))).ticks(clip([0.0, 0.04, 0.08, 0.0, 0.04, 0.14])))
    assert ticks == [0, 40, 80, 120, 160, 260]


@given(st.lists(st.floats(-5, 1e5), min_size=1, max_size=30), st.data())
def test_ticks_rise_and_do_not_depend_on_the_cut(times: list[float], data: st.DataObject) -> None:
    whole = clip(times)
    cut = data.draw(st.integers(0, len(times)))
    parts = [part for part in (whole[:cut], whole[cut:]) if len(part)] if 0 < cut < len(times) else [whole]
    once = list(Clock(stream(Fraction(1, 90_000))).ticks(whole))
    clock = Clock(stream(Fraction(1, 90_000)))
    assert once == [tick for part in parts for tick in clock.ticks(part)]
    assert all(after > before for before, after in pairwise(once))
    assert torch.equal(joined(parts).pts_seconds, whole.pts_seconds) and joined(parts).keys == whole.keys


def test_a_stream_takes_frames_of_its_size_and_item_only() -> None:
    here = Stream.of(clip([0.0, 0.04]))
    other = Clip(
        torch.zeros((1, 3, 4, 2), dtype=torch.uint8),
        (FrameKey("d", "v", 2),),
        torch.zeros(1, dtype=torch.float64),
        True,
    )
    assert here.takes(clip([0.08], first=2)) and not here.takes(other)
    assert here.frames_per_second == 25 and here.first == 0


def test_a_stream_in_memory_counts_in_90_000ths() -> None:
    here = Stream.of(clip([0.0, 0.04], first=7))
    assert here == Stream("d", "v", 7, 2, 2, 25.0, Fraction(1, 90_000), True)


def test_a_stream_does_not_take_frames_of_another_item_or_dataset() -> None:
    here, other = Stream.of(clip([0.0])), clip([0.04])
    for field in ("dataset", "item"):
        keys = tuple(key._replace(**{field: "another"}) for key in other.keys)
        assert not here.takes(replace(other, keys=keys))


def test_a_time_that_stands_still_goes_on_by_one_frame() -> None:
    assert list(Clock(stream(Fraction(1, 1000))).ticks(clip([0.04, 0.04, 0.08]))) == [40, 80, 120]


def test_a_frame_lasts_one_tick_at_least() -> None:
    assert list(Clock(stream(Fraction(1), rate=25.0)).ticks(clip([0.0, 0.04, 0.08]))) == [0, 1, 2]


def test_time_that_runs_back_twice_is_shifted_twice() -> None:
    assert list(Clock(stream(Fraction(1, 1000))).ticks(clip([0.0, 0.2, 0.1, 0.0, 0.3]))) == [0, 200, 240, 280, 580]
