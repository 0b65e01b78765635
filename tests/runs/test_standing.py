"""Which rows stand, against the sentences of `runs.standing` as plain loops."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.runs.cut import Cut
from ahc_stream.runs.failures import failure_row
from ahc_stream.runs.manifest import as_row
from ahc_stream.runs.standing import (
    doubtful,
    failures_that_stand,
    finished,
    latest_streams,
    predictions_that_stand,
    superseded,
    without_replaced,
)
from ahc_stream.tables import FAILURES, with_start
from tests.runs.sample_rows import JPEG, SCHEMAS, WEBP, failure, frames, stream

NAMES, STARTS = st.sampled_from("ab"), st.integers(1, 3)
FRAMES = st.lists(st.tuples(NAMES, st.integers(0, 5), STARTS), unique=True, max_size=10)
STREAMS = st.dictionaries(
    st.tuples(NAMES, st.sampled_from((0, 3)), STARTS), st.tuples(st.integers(1, 3), st.booleans()), max_size=6
)
"""(item, first frame, start) -> (frames, whether complete)."""
COUNTED = [("frame", pa.int64()), ("frames", pa.int64()), ("final", pa.bool_())]


def of_start(rows: pa.Table, start: int) -> pa.Table:
    field = with_start(rows.schema).field("start")
    return rows.append_column(field, pa.array([start] * rows.num_rows, field.type))


def joined(schema: pa.Schema, pieces: list[pa.Table]) -> pa.Table:
    return pa.concat_tables([with_start(schema).empty_table(), *pieces])


def frames_of(rows: list[tuple[str, int, int]]) -> pa.Table:
    return joined(SCHEMAS["frames"], [of_start(frames(item, [n])["frames"], start) for item, n, start in rows])


def streams_of(rows: dict[tuple[str, int, int], tuple[int, bool]]) -> pa.Table:
    pieces = [
        of_start(stream(item, count, first=first, complete=complete)["streams"], start)
        for (item, first, start), (count, complete) in rows.items()
    ]
    return joined(SCHEMAS["streams"], pieces)


@given(rows=FRAMES, streams=STREAMS)
def test_frames_of_attempts_that_ended_early_stand_until_a_later_start_has_rows_in_their_place(rows, streams) -> None:
    early, replaced = [], []
    for item, number, start in rows:
        attempts = [
            first
            for (of, first, by), (count, complete) in streams.items()
            if (of, by) == (item, start) and not complete and first <= number < first + count
        ]
        is_coded_again = any((item, first, later) in streams for first in attempts for later in range(start + 1, 4))
        is_measured_again = any((item, number, later) in rows for later in range(start + 1, 4))
        early.append(bool(attempts))
        replaced.append(is_coded_again or (bool(attempts) and is_measured_again))
    assert doubtful(frames_of(rows), streams_of(streams)).tolist() == early
    assert superseded(frames_of(rows), streams_of(streams)).tolist() == replaced


@given(streams=STREAMS)
def test_of_one_stream_the_row_of_the_latest_start_stands(streams) -> None:
    latest = {
        key: value for key, value in streams.items() if not any((*key[:2], n) in streams for n in range(key[2] + 1, 4))
    }
    assert latest_streams(streams_of(streams)) == streams_of(latest)


@given(rows=FRAMES, replaced=st.dictionaries(NAMES, STARTS))
def test_rows_of_a_replaced_item_stand_from_the_start_that_found_another_file(rows, replaced) -> None:
    kept = [row for row in rows if row[2] >= replaced.get(row[0], 0)]
    assert without_replaced(frames_of(rows), replaced) == frames_of(kept)


@given(rows=FRAMES, dropped=FRAMES)
def test_predictions_stand_where_their_frame_does(rows, dropped) -> None:
    kept = [row for row in rows if row not in dropped]
    assert predictions_that_stand(frames_of(rows), frames_of(dropped)) == frames_of(kept)


FAILED = st.lists(st.tuples(NAMES, st.sampled_from((None, JPEG, WEBP)), STARTS), max_size=5)
FINISHED = st.dictionaries(st.tuples(NAMES, st.sampled_from((JPEG, WEBP))), st.tuples(STARTS, st.booleans()))
TRIED = st.fixed_dictionaries({n: st.sampled_from(((JPEG,), (JPEG, WEBP))) for n in (1, 2, 3)})


@given(failed=FAILED, finished=FINISHED, tried=TRIED)
def test_a_failure_stands_until_other_starts_finish_all_that_its_own_tried(failed, finished, tried) -> None:
    def is_mended(item, point, start: int) -> bool:
        points = tried[start] if point is None else (point,)
        by = [finished.get((item, each), (start, True)) for each in points]
        return all(other != start and complete for other, complete in by)

    standing = [row for row in failed if not is_mended(*row)]
    latest = {(item, point): start for item, point, start in sorted(standing, key=lambda row: row[2])}
    pieces = [
        of_start(stream(item, 1, point, complete=complete)["streams"], n)
        for (item, point), (n, complete) in finished.items()
    ]
    rows = joined(FAILURES, [of_start(failure_row(failure(item, point)), start) for item, point, start in failed])
    points = {start: [as_row(point) for point in of] for start, of in tried.items()}
    table = failures_that_stand(rows, joined(SCHEMAS["streams"], pieces), points)
    found = zip(*(table[name].to_pylist() for name in ("item", "codec", "start")), strict=True)
    assert sorted(found, key=str) == sorted(
        ((item, point.codec if point else None, start) for (item, point), start in latest.items()), key=str
    )


@given(
    cut=st.builds(Cut, st.integers(0, 9), st.integers(1, 4)),
    counts=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    lost=st.integers(0, 4),
)
def test_an_item_is_finished_when_its_streams_follow_one_another_to_the_final_one(cut, counts, lost) -> None:
    """Streams of one item, of which one may be missing."""
    streams, number = [], cut.first
    for index, count in enumerate(counts):
        streams.append({"frame": number, "frames": count, "final": index == len(counts) - 1})
        number += cut.step * count
    there = pa.Table.from_pylist(streams[:lost] + streams[lost + 1 :], pa.schema(COUNTED))
    code = np.zeros(len(there), np.int64)
    assert finished(code, there, cut).tolist() == ([0] if lost >= len(counts) else [])
