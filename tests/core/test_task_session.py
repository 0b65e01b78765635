"""Any task through a session: one that only predicts is asked clip by clip, one that remembers is asked for its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import StreamTask, Task
from ahc_stream.core.stream import Stream
from ahc_stream.core.task_session import open_session
from tests.cuts import Cut, cuts, rows_of

FRAMES = 9


def clip() -> Clip:
    levels = torch.arange(FRAMES, dtype=torch.uint8)
    frames = levels[:, None, None, None].expand(-1, 3, 4, 4)
    keys = tuple(FrameKey("made", "v", number) for number in range(FRAMES))
    return Clip(frames, keys, torch.arange(FRAMES, dtype=torch.float64) / 25, consecutive=True)


class Level:
    """A task without memory: the grey level of a frame, at odd ones."""

    name = "level"
    schema = pa.schema([("level", pa.int64())])

    def predict(self, clip: Clip) -> list[list[dict]]:
        levels = clip.frames[:, 0, 0, 0].tolist()
        return [[{"level": level}] if level % 2 else [] for level in levels]


class Change(Level):
    """A task with memory: how much brighter the next frame is. It brings `predict` too, which nobody asks for then."""

    name = "change"

    def session(self, stream: Stream) -> Changes:
        return Changes()


class Changes:
    delay = 1

    def __init__(self) -> None:
        self.last: list[int] = []

    def push(self, reference: Clip, decoded: Clip) -> list[list[dict]]:
        levels = [*self.last, *decoded.frames[:, 0, 0, 0].tolist()]
        self.last = levels[-1:]
        return [[{"level": after - level}] for level, after in pairwise(levels)]

    def finish(self) -> list[list[dict]]:
        return [[] for _ in self.last]


@given(cut=cuts(FRAMES), task=st.sampled_from([Level(), Change()]))
def test_no_cut_changes_a_row(cut: Cut, task: Task | StreamTask) -> None:
    assert rows_of(task, clip(), cut) == rows_of(task, clip())


def test_a_task_that_only_predicts_waits_for_nothing_and_one_with_a_session_is_asked_for_it() -> None:
    assert open_session(Level(), Stream.of(clip())).delay == 0
    assert rows_of(Level(), clip())[:2] == [[], [{"level": 1}]]
    assert rows_of(Change(), clip()) == [[{"level": 1}]] * (FRAMES - 1) + [[]]


def test_a_prediction_that_leaves_out_frames_is_refused_with_what_to_do() -> None:
    class Forgetful(Level):
        def predict(self, clip: Clip) -> list[list[dict]]:
            return super().predict(clip)[1:]

    with pytest.raises(InvalidValue, match=r"9 lists of rows from level\.predict.*got 8.*an empty list"):
        rows_of(Forgetful(), clip())


class Count(Change):
    """What its session says of each frame: the level as it was, as decoded, and how many came before."""

    def __init__(self, more: int = 0) -> None:
        self.more = more
        self.streams: list[Stream] = []

    def session(self, stream: Stream) -> Counts:
        self.streams.append(stream)
        return Counts(self.more)


class Counts:
    delay = 0

    def __init__(self, more: int) -> None:
        self.count, self.more = 0, more

    def push(self, reference: Clip, decoded: Clip) -> list[list[dict]]:
        self.count += len(decoded)
        return [[{"level": int(reference.frames[0, 0, 0, 0]), "decoded": int(decoded.frames[0, 0, 0, 0])}]]

    def finish(self) -> list[list[dict]]:
        assert self.count == 1
        return [[]] * self.more


def stills() -> Clip:
    keys = tuple(FrameKey("made", f"s{number}", 0) for number in range(FRAMES))
    return replace(clip(), keys=keys, pts_seconds=torch.zeros(FRAMES, dtype=torch.float64), consecutive=False)


def test_each_still_of_a_stack_has_a_session_of_its_own() -> None:
    task, stack = Count(), stills()
    session = open_session(task, Stream.of(stack))
    decoded = stack.with_frames(stack.frames + 1)
    assert session.push(stack, decoded) == [[{"level": n, "decoded": n + 1}] for n in range(FRAMES)]
    assert session.finish() == [] and session.delay == 0
    assert [(stream.item, stream.first) for stream in task.streams] == [(f"s{n}", 0) for n in range(FRAMES)]


@pytest.mark.parametrize("more", [1, 2])
def test_a_session_of_more_lists_than_its_still_is_refused(more: int) -> None:
    stack = stills()
    with pytest.raises(InvalidValue, match=rf"1 lists of rows from change\.session.*got {more + 1}"):
        open_session(Count(more), Stream.of(stack)).push(stack, stack)


def test_a_task_that_only_predicts_takes_a_whole_stack() -> None:
    stack = stills()
    session = open_session(Level(), Stream.of(stack))
    assert session.push(stack, stack)[1] == [{"level": 1}] and session.finish() == []
