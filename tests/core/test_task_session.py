"""Any task through a session: one that only predicts is asked clip by clip, one that remembers is asked for its own."""

from __future__ import annotations

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
