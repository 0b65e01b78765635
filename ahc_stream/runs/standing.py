"""Which rows stand, after kills, restarts and streams that ended early.

Rows that came before a kill are a true prefix of their stream, and stand. A stream that ended early, by damage or a
codec's failure, has a row in `streams` that is not `complete`, and the last of its frames depend on where it ended. So

- of the rows of `streams` of one stream and operating point, that of the latest start stands;
- a frame of an attempt that ended early stands until a later start has a row of `streams` for that stream, or has the
  same frame. No start takes it for done;
- predictions stand where their frame does;
- an item that was finished nowhere and has other files now is begun anew: rows of earlier starts do not stand;
- a failure stands until all streams of that item are finished at every point that its start tried, not by that start
  alone. The latest of the same failures stands for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.labels import KEY
from ahc_stream.runs.cut import WHOLE, Cut
from ahc_stream.runs.keys import Integers, Mask, at, codes, numbers, within
from ahc_stream.tables import POINT

ITEM = ["dataset", "item"]
AT = [name for name, _ in POINT]
FRAME = [name for name, _ in (*KEY, *POINT)]
"""What a row of `frames` is known by. A row of `streams` is known by the same: its `frame` is the stream's first."""
SAME_FAILURE = [*FRAME, "stage", "error"]


def without_replaced(rows: pa.Table, replaced: Mapping[str, int]) -> pa.Table:
    """The rows but those of replaced items that a start before theirs wrote. replaced: item -> start."""
    if not replaced or not rows.num_rows:
        return rows
    index = pc.index_in(rows["item"], pa.array(list(replaced), pa.string()))
    starts = pa.array(list(replaced.values()), pa.int32())
    since = pc.fill_null(pc.take(starts, index), 0)
    return rows.filter(pc.greater_equal(rows["start"], since))


def latest_streams(streams: pa.Table) -> pa.Table:
    """Of each stream and operating point the row of the latest start."""
    (stream,) = codes([streams], FRAME)
    return streams.filter(pa.array(_is_latest(stream, numbers(streams["start"]))))


def finished(code: Integers, streams: pa.Table, cut: Cut = WHOLE) -> Integers:
    """The distinct codes that are finished: their streams cover all frames up to the end of the final one.

    code: int64 [streams], of the item and operating point of each of `streams`, which are complete, each once.
    """
    if not len(code):
        return code
    count, final = numbers(streams["frames"]), streams["final"].to_numpy()
    end = np.maximum(numbers(streams["frame"]) - cut.first, 0) + cut.step * count
    covered = cut.step * np.bincount(code, count)
    is_covered = covered[code] == end
    finished_codes: Integers = np.unique(code[final & is_covered])
    return finished_codes


def items_finished(streams: pa.Table, points: int, cut: Cut = WHOLE) -> int:
    """How many items are finished at `points` operating points. streams: of each stream the row that stands."""
    complete = streams.filter(streams["complete"])
    (code,) = codes([complete], [*ITEM, *AT])
    is_finished = pa.array(np.isin(code, finished(code, complete, cut)))
    at_points = complete.filter(is_finished).group_by([*ITEM, *AT]).aggregate([])
    of_items = at_points.group_by(ITEM).aggregate([([], "count_all")])
    return int(np.count_nonzero(of_items["count_all"].to_numpy() == points))


def doubtful(frames: pa.Table, streams: pa.Table, cut: Cut = WHOLE) -> Mask:
    """bool [frames]: rows of attempts that ended early. streams: those of every start."""
    return in_attempts(frames, streams.filter(pc.invert(streams["complete"])), cut)


def superseded(frames: pa.Table, streams: pa.Table, cut: Cut = WHOLE) -> Mask:
    """bool [frames]: rows of attempts that ended early, in whose place a later start has rows."""
    early = pc.invert(streams["complete"])
    if not pc.any(early).as_py():
        return np.zeros(frames.num_rows, np.bool_)
    (stream,) = codes([streams], FRAME)
    overtaken = pa.array(~_is_latest(stream, numbers(streams["start"])))
    replaced = in_attempts(frames, streams.filter(pc.and_(early, overtaken)), cut)
    (frame,) = codes([frames], FRAME)
    measured_again = ~_is_latest(frame, numbers(frames["start"]))
    return replaced | (measured_again & doubtful(frames, streams, cut))


def predictions_that_stand(predictions: pa.Table, dropped: pa.Table) -> pa.Table:
    """The predictions but those of `dropped`, rows of `frames` that do not stand."""
    if not dropped.num_rows or not predictions.num_rows:
        return predictions
    code, dropped_code = codes([predictions, dropped], [*FRAME, "start"])
    return predictions.filter(pa.array(~np.isin(code, dropped_code)))


def failures_that_stand(
    failures: pa.Table, streams: pa.Table, tried: Mapping[int, list[dict[str, Any]]], cut: Cut = WHOLE
) -> pa.Table:
    """The failures that nothing has mended, each once. tried: start -> its points, as rows have them."""
    if not failures.num_rows:
        return failures
    starts = _starts_that_finished(streams, failures, cut)
    mended = [_is_mended(row, starts, tried) for row in failures.to_pylist()]
    standing = failures.filter(pc.invert(pa.array(mended)))
    (same,) = codes([standing], SAME_FAILURE)
    return standing.filter(pa.array(_is_latest(same, numbers(standing["start"]))))


ItemAtPoint = tuple[Any, ...]
"""(dataset, item, codec, quality, options)."""


def _starts_that_finished(streams: pa.Table, failures: pa.Table, cut: Cut) -> dict[ItemAtPoint, set[int]]:
    """Item and point -> the starts that finished its streams, where all of them are finished.

    Of the items that have failures. streams: of each stream the row that stands.
    """
    has_failures = pc.is_in(streams["item"], pc.unique(failures["item"]))
    complete = streams.filter(pc.and_(has_failures, streams["complete"]))
    (code,) = codes([complete], [*ITEM, *AT])
    is_finished = np.isin(code, finished(code, complete, cut))
    starts: defaultdict[ItemAtPoint, set[int]] = defaultdict(set)
    for row in complete.filter(pa.array(is_finished)).to_pylist():
        key = tuple(row[name] for name in (*ITEM, *AT))
        starts[key].add(row["start"])
    return starts


def _is_mended(
    failure: Mapping[str, Any],
    starts: Mapping[ItemAtPoint, set[int]],
    tried: Mapping[int, list[dict[str, Any]]],
) -> bool:
    """Whether all that its start tried is finished, and not by that alone: what was finished before, it did not try."""
    item = [failure[name] for name in ITEM]
    points = [failure] if failure["codec"] is not None else tried[failure["start"]]
    keys = [(*item, *(point[name] for name in AT)) for point in points]
    return all(starts.get(key, set()) - {failure["start"]} for key in keys)


def in_attempts(frames: pa.Table, attempts: pa.Table, cut: Cut = WHOLE) -> Mask:
    """bool [frames]: whether each row is of one of `attempts`, which are rows of `streams`, of its own start."""
    if not attempts.num_rows:
        return np.zeros(frames.num_rows, np.bool_)
    frame_code, attempt_code = codes([frames, attempts], [*ITEM, *AT, "start"])
    key = at(frame_code, numbers(frames["frame"]))
    first = at(attempt_code, numbers(attempts["frame"]))
    return within(key, first, cut.step * numbers(attempts["frames"]))


def _is_latest(code: Integers, start: Integers) -> Mask:
    """bool [rows]: whether no row of the same code is of a later start; of one start, the last in order."""
    order = np.lexsort((start, code))
    is_last = np.ones(len(code), np.bool_)
    is_last[:-1] = code[order][1:] != code[order][:-1]
    latest = np.zeros(len(code), np.bool_)
    latest[order] = is_last
    return latest
