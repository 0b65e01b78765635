"""Rows -> one row per operating point: rates, mean metrics, task scores, their change against the original."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import metrics, runs, tables
from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.core.wording import counted
from ahc_stream.metrics import EstimatedRate
from ahc_stream.report.bpp import bpp_terms
from ahc_stream.report.medium import RunMedia, media_of
from ahc_stream.report.metric_mean import infinite_column, metric_mean, undefined_column
from ahc_stream.report.rows import in_streams
from ahc_stream.report.scores import TaskPoint, scored, task_points
from ahc_stream.runs import RunReader
from ahc_stream.runs.points import Point, split, where
from ahc_stream.store.folders import Folder
from ahc_stream.tables import with_start
from ahc_stream.tallies import ORIGINAL

PointRow = dict[str, Any]
"""One row of `operating_points`: column -> value."""


def operating_points(folder: Folder, reference: str = "auto") -> pa.Table:
    """One row per operating point of the run under `folder`, in the order of codec, options, rate.

    items, frames           how many
    bpp                     payload bits / true pixels; of stills the mean over images, of video total / total
    bpp_stills, bpp_video   each by its rule, in a run of both; bpp is total / total there
    bpp_container           the same of the container bits; bpp_estimated of the entropy model's, null without one
    bpp_study               where the run's metric profile has a name of its own for the estimate: that of stills, null
                            without any (docs/metrics.md)
    <metric>                mean over the frames where it is finite; infinite where it is so at all that it is defined
                            for. <metric>_undefined and <metric>_infinite count the frames where it is that
    kbit_s                  where all is video: payload bits of the streams over their summed duration
    encode_fps, decode_fps  frames / summed wall seconds of the streams
    encode_ms, decode_ms    milliseconds per frame, the median over streams of their medians; _p95 the largest 95th
                            percentile
    delay_frames            most frames that an encoder was given before its first coded one came
    <task>_<score>          the task's scores, and <task>_<score>_change against codec "identity" (null without it)
    <task>_agreement_<score>   in place of these, where the task is scored against its own predictions on the original
    <task>_reference        what it is scored against: "labels" or "original", as `reference` asks (see `scored`)

    Raises StorageError where `folder` holds no rows, and InvalidValue for two scores that have one column.
    """
    run = runs.open(folder)
    return table_of(point_rows(run, reference)[0])


def point_rows(run: RunReader, reference: str) -> tuple[list[PointRow], list[dict[str, TaskPoint]]]:
    """The rows of `operating_points`, in its order, and what each task says at each of them. Raises what it raises."""
    if not run.frames.num_rows:
        failures = counted(run.failures.num_rows, "failure")
        got = f"none, and {failures}: every item failed" if run.failures.num_rows else "none"
        todo = "mend what the table `failures` lists, or start the run again: it goes on where it stopped"
        raise StorageError(f"finished rows under {run.folder}", got, todo)
    points = split(run.frames)
    scores = task_points(points, scored(run, points, reference))
    pairs = zip(rows_of(run, points, scores), scores, strict=True)
    ordered = sorted(pairs, key=lambda pair: order_of(pair[0]))
    return [row for row, _ in ordered], [by_task for _, by_task in ordered]


def order_of(row: Mapping[str, Any]) -> tuple[bool, str, str, float]:
    """What rows of `operating_points` are sorted by."""
    return row["codec"] != ORIGINAL, row["codec"], row["options"], row["bpp"]


def rows_of(
    run: RunReader, points: Sequence[tuple[Point, pa.Table]], scores: Sequence[Mapping[str, TaskPoint]]
) -> list[PointRow]:
    """The rows of `operating_points`, in the order of `points` (operating point, its rows of `frames`).

    scores:  what each task says at each of them, by task.
    """
    media, estimated_rate = media_of(run), estimated_rate_of(run)
    all_follow = pc.all(run.streams["consecutive"]).as_py() is not False  # stills among them have no duration
    timed = media.has_video and all_follow
    rows = []
    for (point, frames), by_task in zip(points, scores, strict=True):
        streams = where(run.streams, point)
        parts = [
            point.items(),
            _counts(frames).items(),
            _rates(frames, media, estimated_rate).items(),
            *(_metric(frames, name).items() for name in metric_names(frames)),
            _bits_per_second(frames, streams, run.cut.step).items() if timed else (),
            _speeds(streams).items(),
            *(task_point.columns(task) for task, task_point in by_task.items()),
        ]
        rows.append(_joined(parts))
    return rows


def _joined(parts: Iterable[Iterable[tuple[str, Any]]]) -> PointRow:
    """One row of all (column, value). Raises InvalidValue for a column that is there twice: the score `fine_acc` of a
    task `hog` and the score `acc` of a task `hog_fine` have the same."""
    row: PointRow = {}
    for name, value in chain.from_iterable(parts):
        if name in row:
            todo = "rename a score in its scorer, and report again: scores are computed anew"
            raise InvalidValue("one column for each metric and score", f"two named {name}", todo)
        row[name] = value
    return row


def metric_names(frames: pa.Table) -> list[str]:
    """The columns of `frames` that are metrics."""
    others = with_start(tables.FRAMES).names
    return [name for name in frames.column_names if name not in others]


def estimated_rate_of(run: RunReader) -> EstimatedRate | None:
    """The name that the run's metric profile has for the entropy model's estimate; None where it has none."""
    profile = metrics.PROFILES.get(run.metric_profile)
    return profile.estimated_rate if profile else None


def _counts(frames: pa.Table) -> PointRow:
    return {"items": frames.group_by(["dataset", "item"]).aggregate([]).num_rows, "frames": frames.num_rows}


def _rates(frames: pa.Table, media: RunMedia, estimated_rate: EstimatedRate | None) -> PointRow:
    video = media.has_video
    rates = {name: _bpp(of_rate, "payload_bits", as_video) for name, (of_rate, as_video) in media.rates(frames).items()}
    rates |= {
        "bpp_container": _bpp(frames, "container_bits", video),
        "bpp_estimated": _bpp(frames, "estimated_bits", video),
    }
    if estimated_rate:
        rates[estimated_rate.name] = _bpp(media.stills(frames), "estimated_bits", video=False)
    return rates


def _bpp(frames: pa.Table, bits: str, video: bool) -> float | None:
    """None where bits of any frame are not known, and where there is no frame."""
    if frames[bits].null_count or not frames.num_rows:
        return None
    above, below = bpp_terms(frames, bits, video)
    return float(above.sum() / below.sum())


def _metric(frames: pa.Table, name: str) -> PointRow:
    mean = metric_mean(frames[name])
    return {name: mean.value, undefined_column(name): mean.undefined, infinite_column(name): mean.infinite}


def _bits_per_second(frames: pa.Table, streams: pa.Table, step: int) -> PointRow:
    """Of what streams have ended: frames of a stream that a kill cut off have no duration yet."""
    seconds = pc.sum(streams["duration_seconds"]).as_py()
    bits = pc.sum(frames["payload_bits"].filter(in_streams(frames, streams, step))).as_py()
    return {"kbit_s": bits / seconds / 1000 if seconds and bits is not None else None}


def _speeds(streams: pa.Table) -> PointRow:
    count = pc.sum(streams["frames"]).as_py()
    speeds: PointRow = {}
    for way in ("encode", "decode"):
        seconds = pc.sum(streams[f"{way}_seconds"]).as_py()
        speeds[f"{way}_fps"] = count / seconds if seconds else None
    for way in ("encode", "decode"):
        medians = streams[f"{way}_ms"].drop_null()
        speeds[f"{way}_ms"] = float(np.median(medians.to_numpy())) if len(medians) else None
        speeds[f"{way}_ms_p95"] = pc.max(streams[f"{way}_ms_p95"]).as_py()
    return speeds | {"delay_frames": pc.max(streams["delay_frames"]).as_py()}


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows of `operating_points` as a table; a column where any row has one."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})
