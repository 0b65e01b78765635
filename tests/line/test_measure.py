"""measure: every column of every row, when rows come, and tasks that give too many or too few."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from ahc_stream import tables
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import Facts
from ahc_stream.core.stream import Stream
from ahc_stream.lanes import End
from ahc_stream.line.measure import Measurement, MeasureStep
from ahc_stream.line.recon import Recon
from ahc_stream.line.rows import speed_columns
from ahc_stream.line.sessions import MeasureSettings
from ahc_stream.line.work import CodedClip, EarlierWork, Ending, NoEarlierWork, StreamAt
from tests.line.trips import HEIGHT, POINT, WIDTH, clip, stills, trip_of

CPU = torch.device("cpu")
AT = StreamAt(Stream.of(clip(0, 1)), POINT)
FACTS = Facts(9, 0.36, 4.0, 2.0, 5.0, 6.0, 7.0, math.nan, 3)
ENDING = Ending(complete=False, final=True, source="pyav", facts=FACTS)
KEYS = {"dataset": "d", "codec": "own", "quality": 3.0, "options": "a=b"}


class Levels:
    """A task without memory: as many rows as the frame's number modulo 3."""

    name = "levels"
    schema = pa.schema([("level", pa.int64())])

    def predict(self, clip: Clip) -> list[list[dict]]:
        levels = [int(level) for level in clip.frames[:, 0, 0, 0]]
        return [[{"level": level}] * ((level - 1) % 3) for level in levels]


class Late:
    """A task whose session gives the rows of a frame when `delay` more have come, and `more` lists too many at the end.

    Given `early` lists, it gives so many more than there are frames at once.
    """

    name = "late"
    schema = pa.schema([("level", pa.int64())])

    def __init__(self, delay: int, more: int = 0, early: int = 0) -> None:
        self.delay, self.more, self.early = delay, more, early

    def session(self, stream: Stream) -> LateSession:
        return LateSession(self)


class LateSession:
    def __init__(self, task: Late) -> None:
        self.delay, self._more, self._early = task.delay, task.more, task.early
        self._waiting: list[list[dict]] = []

    def push(self, reference: Clip, decoded: Clip) -> list[list[dict]]:
        self._waiting += [[{"level": int(level)}] for level in decoded.frames[:, 0, 0, 0]]
        count = max(0, len(self._waiting) - self.delay)
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        return ready + [[]] * self._early

    def finish(self) -> list[list[dict]]:
        return (self._waiting + [[]] * self._more)[: len(self._waiting) + self._more]


class Done(NoEarlierWork):
    """Some frames of the stream are there already."""

    def __init__(self, frames: Collection[int]) -> None:
        self._frames = frames

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> Collection[int]:
        assert (dataset, item, first, point) == ("d", "v", 0, POINT)
        return self._frames


def step_of(
    tasks: Sequence[Any] = (),
    metrics: Sequence[str] = ("mse",),
    earlier: EarlierWork | None = None,
    recon: Recon | None = None,
) -> MeasureStep:
    return MeasureStep(MeasureSettings(metrics, tasks, CPU, 4, recon), earlier or NoEarlierWork())


def measured(step: MeasureStep, *messages: Any) -> list[Any]:
    return [out for message in messages for out in step(message)]


def rows(measurement: Measurement, table: str = "frames") -> list[dict]:
    return measurement.tables[table].to_pylist()


def frame_row(number: int, **values: Any) -> dict:
    return {
        **KEYS,
        "item": "v",
        "frame": number,
        "frame_type": "P" if number else "I",
        "width": WIDTH,
        "height": HEIGHT,
        "payload_bits": 8 * (number + 1),
        "container_bits": 8 * (number + 1) + 100,
        "estimated_bits": number / 2 if number % 2 else None,
        **values,
    }


def test_a_frames_row_has_its_key_its_point_its_rates_and_its_metrics() -> None:
    (measurement,) = measured(step_of(), CodedClip(AT, trip_of(clip(0, 3))))
    assert rows(measurement) == [frame_row(number, mse=1.0) for number in range(3)]
    assert measurement.tables["frames"].schema == tables.frames_schema(["mse"])
    assert (measurement.point, measurement.frames, set(measurement.tables)) == (POINT, 3, {"frames"})


@pytest.mark.parametrize("tail", [False, True])
def test_without_a_metric_rows_come_all_the_same(tail: bool) -> None:
    step = step_of(metrics=())
    *_, last = measured(step, CodedClip(AT, trip_of(clip(0, 3)), tail), End(AT, ENDING))
    assert rows(last) == ([frame_row(number) for number in range(3)] if tail else [])


def test_a_metric_that_is_not_defined_is_null() -> None:
    trip = trip_of(clip(0, 1))
    (measurement,) = measured(step_of(metrics=["ms_ssim"]), CodedClip(AT, trip))
    assert rows(measurement) == [frame_row(0, ms_ssim=None)]


def test_predictions_have_their_frames_keys_and_their_own_columns() -> None:
    (measurement,) = measured(step_of([Levels()]), CodedClip(AT, trip_of(clip(0, 4))))
    expected = [{**KEYS, "item": "v", "frame": number, "level": number + 1} for number in (1, 2, 2)]
    assert rows(measurement, "predictions_levels") == expected
    assert measurement.tables["predictions_levels"].schema == tables.predictions_schema(Levels.schema)


def test_frames_wait_until_every_task_has_spoken() -> None:
    step = step_of([Levels(), Late(3)])
    clips = [CodedClip(AT, trip_of(clip(first, 2))) for first in (0, 2, 4)]
    outs = measured(step, *clips, End(AT, ENDING))
    assert [[row["frame"] for row in rows(out)] for out in outs] == [[0], [1, 2], [3, 4, 5]]
    late = [row for out in outs for row in rows(out, "predictions_late")]
    assert [(row["frame"], row["level"]) for row in late] == [(number, number + 1) for number in range(6)]
    assert all(row["mse"] == 1 for out in outs for row in rows(out))


def test_a_tail_comes_with_its_streams_row() -> None:
    step = step_of()
    outs = measured(
        step,
        CodedClip(AT, trip_of(clip(0, 2))),
        CodedClip(AT, trip_of(clip(2, 1)), is_tail=True),
        CodedClip(AT, trip_of(clip(3, 1)), is_tail=True),
        End(AT, ENDING),
    )
    assert [[row["frame"] for row in rows(out)] for out in outs] == [[0, 1], [2, 3]]
    assert "streams" not in outs[0].tables and outs[1].frames == 2


def test_a_streams_row_has_all_that_its_codec_took() -> None:
    *_, last = measured(step_of(), CodedClip(AT, trip_of(clip(0, 3))), End(AT, ENDING))
    assert rows(last, "streams") == [
        {
            **KEYS,
            "item": "v",
            "frame": 0,
            "frames": 3,
            "complete": False,
            "final": True,
            "consecutive": True,
            "duration_seconds": 0.36,
            "encode_seconds": 4.0,
            "decode_seconds": 2.0,
            "encode_ms": 5.0,
            "encode_ms_p95": 6.0,
            "decode_ms": 7.0,
            "decode_ms_p95": None,
            "delay_frames": 3,
            "device": "cpu",
            "lanes": 4,
            "source": "pyav",
        }
    ]
    assert last.tables["streams"].schema == tables.STREAMS and rows(last) == []


def test_a_stream_whose_codec_never_began_has_no_times() -> None:
    (last,) = measured(step_of(), End(AT, Ending(complete=True, final=False, source="pyav")))
    (row,) = rows(last, "streams")
    assert (row["frames"], row["complete"], row["final"]) == (0, True, False)
    assert [name for name, value in row.items() if value is None] == [
        *("duration_seconds", "encode_seconds", "decode_seconds"),
        *("encode_ms", "encode_ms_p95", "decode_ms", "decode_ms_p95", "delay_frames"),
    ]


def test_a_stream_begins_anew_after_its_end() -> None:
    step = step_of()
    for _ in range(2):
        *_, last = measured(step, CodedClip(AT, trip_of(clip(0, 3)), is_tail=True), End(AT, ENDING))
        assert rows(last, "streams")[0]["frames"] == 3 and last.frames == 3


def test_what_is_there_already_is_measured_and_left_out() -> None:
    step = step_of([Late(1)], earlier=Done({0, 1, 3}))
    outs = measured(step, *(CodedClip(AT, trip_of(clip(number, 1))) for number in range(5)), End(AT, ENDING))
    assert [[row["frame"] for row in rows(out)] for out in outs] == [[2], [4]]
    assert rows(outs[-1], "streams")[0]["frames"] == 5


def test_each_still_is_a_stream_of_its_own_and_has_its_share_of_the_time() -> None:
    trip = trip_of(stills("a", "b"), encode_seconds=0.5, decode_seconds=0.25)
    stack = StreamAt(Stream.of(trip.reference), POINT)
    (measurement,) = measured(step_of([Levels()]), CodedClip(stack, trip))
    assert [(row["item"], row["frame"], row["mse"]) for row in rows(measurement)] == [("a", 0, 1.0), ("b", 0, 1.0)]
    assert rows(measurement, "streams") == [
        {
            **KEYS,
            "item": name,
            "frame": 0,
            "frames": 1,
            "complete": True,
            "final": True,
            "consecutive": False,
            "duration_seconds": None,
            "encode_seconds": 0.25,
            "decode_seconds": 0.125,
            "encode_ms": 250.0,
            "encode_ms_p95": 250.0,
            "decode_ms": 125.0,
            "decode_ms_p95": 125.0,
            "delay_frames": 0,
            "device": "cpu",
            "lanes": 4,
            "source": "made",
        }
        for name in "ab"
    ]


@pytest.mark.parametrize(
    ("task", "lists"),
    [(Late(1, more=1), 5), (Late(0, more=2), 6), (Late(0, early=1), 5), (Late(1, early=2), 5), (Late(1, more=-1), 3)],
)
def test_a_task_of_another_number_of_lists_than_frames_is_refused(task: Late, lists: int) -> None:
    step = step_of([task])
    with pytest.raises(InvalidValue, match=rf"4 lists of rows from late\.session.*got {lists}\."):
        measured(step, CodedClip(AT, trip_of(clip(0, 4))), End(AT, ENDING))


def test_failures_and_notes_pass() -> None:
    failure = Failure("d", "v", "codec", CodecError("a", "b", "c"))
    note = ItemNote("d", "v", "dark")
    assert measured(step_of(), failure, note) == [failure, note]


def test_decoded_frames_are_kept_where_that_was_asked_for(tmp_path: Path) -> None:
    measured(step_of(recon=Recon(tmp_path)), CodedClip(AT, trip_of(clip(0, 2))))
    assert len(list(tmp_path.rglob("*.png"))) == 4


def test_wall_times_that_never_came_are_null() -> None:
    assert speed_columns(1.0, 2.0, (3.0, 4.0), (math.nan, math.nan)) == {
        "encode_seconds": 1.0,
        "decode_seconds": 2.0,
        "encode_ms": 3.0,
        "encode_ms_p95": 4.0,
        "decode_ms": None,
        "decode_ms_p95": None,
    }


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_every_second_of_the_codec_is_told_once_with_the_first_rows_behind_it(delay: int) -> None:
    """Seconds of clips that have no rows yet wait for those that have; powers of two, so that sums are exact."""
    step = step_of([Late(delay)])
    trips = [trip_of(clip(number, 1), 2.0**number, 2.0**-number) for number in range(4)]
    told = [
        sum(out.codec_seconds for out in step(message))
        for message in (*(CodedClip(AT, trip) for trip in trips), End(AT, ENDING))
    ]
    seconds = [trip.encode_seconds + trip.decode_seconds for trip in trips]
    assert told == [0.0] * delay + [sum(seconds[: delay + 1]), *seconds[delay + 1 :], 0.0][: 5 - delay]


def test_the_codecs_seconds_are_those_of_its_own_stream() -> None:
    step = step_of()
    other = StreamAt(AT.stream, OperatingPoint("other"))
    outs = measured(step, CodedClip(AT, trip_of(clip(0, 1), 1.0, 2.0)), CodedClip(other, trip_of(clip(0, 1), 4.0, 8.0)))
    assert [out.codec_seconds for out in outs] == [3.0, 12.0]
    stack = StreamAt(Stream.of(stills("a", "b")), POINT)
    (still,) = measured(step, CodedClip(stack, trip_of(stills("a", "b"), 0.5, 0.25)))
    assert still.codec_seconds == 0.75
