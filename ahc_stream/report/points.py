"""Rows -> one row per operating point: rates, mean metrics, task scores, their change against the original."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import runs, tables
from ahc_stream.core.errors import StorageError
from ahc_stream.report.rows import Point, in_streams, split, where
from ahc_stream.report.scores import Scored, scored, scores_of
from ahc_stream.runs import RunReader
from ahc_stream.tables import with_start


def operating_points(folder: Path, reference: str = "auto") -> pa.Table:
    """One row per operating point of the run under `folder`, in the order of codec, options, rate.

    items, frames           how many
    bpp                     payload bits / true pixels; of stills the mean over images, of video total / total
    bpp_container           the same of the container bits; bpp_estimated of the entropy model's, null without one
    bpp_study               where the run's metric profile is "study": what the study called bpp, of stills the estimate,
                            null for video (docs/metrics.md)
    <metric>                mean over frames; <metric>_undefined counts the frames it is not defined for
    kbit_s                  where all is video: payload bits of the streams over their summed duration
    encode_fps, decode_fps  frames / summed wall seconds of the streams
    encode_ms, decode_ms    milliseconds per frame, the median over streams of their medians; _p95 the largest 95th percentile
    delay_frames            most frames that an encoder was given before its first coded one came
    <task>_<score>          the task's scores, and <task>_<score>_change against codec "identity" (null without it)
    <task>_reference        what it is scored against: "labels" or "original", as `reference` asks (see `scored`)

    Raises StorageError where `folder` holds no rows.
    """
    run = runs.open(folder)
    if not run.frames.num_rows:
        raise StorageError(f"finished rows under {folder}", "none", "start the run again, it goes on where it stopped")
    points = split(run.frames)
    rows = rows_of(run, points, scored(run, points, reference))
    rows.sort(key=lambda row: (row["codec"] != "identity", row["codec"], row["options"], row["bpp"]))
    return table_of(rows)


def rows_of(run: RunReader, points: Sequence[tuple[Point, pa.Table]], found: Sequence[Scored]) -> list[dict[str, Any]]:
    """The rows of `operating_points`, in the order of `points` (operating point, its rows of `frames`)."""
    video, study = is_video(run), run.metric_profile == "study"
    timed = video and pc.all(run.streams["consecutive"]).as_py() is not False  # stills among them have no duration
    rows = []
    for (point, frames), scores in zip(points, scores_of(points, found), strict=True):
        streams = where(run.streams, point)
        rate = _rate(frames, streams) if timed else {}
        rows.append(_point(point, frames, metric_names(frames), video, study) | rate | _speeds(streams) | scores)
    return rows


def is_video(run: RunReader) -> bool:
    """Whether frames of the run follow one another. A still has the frame number 0."""
    return bool(pc.any(run.streams["consecutive"]).as_py() or pc.any(pc.greater(run.frames["frame"], 0)).as_py())


def metric_names(frames: pa.Table) -> list[str]:
    """The columns of `frames` that are metrics."""
    return [name for name in frames.column_names if name not in with_start(tables.FRAMES).names]


def _point(point: Point, frames: pa.Table, metrics: list[str], video: bool, study: bool) -> dict[str, Any]:
    items = frames.group_by(["dataset", "item"]).aggregate([])
    row = dict(point) | {"items": items.num_rows, "frames": frames.num_rows}
    for column, name in (
        ("payload_bits", "bpp"),
        ("container_bits", "bpp_container"),
        ("estimated_bits", "bpp_estimated"),
    ):
        row[name] = None if frames[column].null_count else _bpp(frames, column, video)
    if study:
        row["bpp_study"] = None if video else row["bpp_estimated"]
    for name in metrics:
        row[name] = pc.mean(frames[name]).as_py()
        row[f"{name}_undefined"] = frames[name].null_count
    return row


def _bpp(frames: pa.Table, bits: str, video: bool) -> float:
    coded = frames[bits].to_numpy().astype(np.float64)
    pixels = frames["width"].to_numpy().astype(np.float64) * frames["height"].to_numpy()
    return float(coded.sum() / pixels.sum() if video else np.mean(coded / pixels))


def _rate(frames: pa.Table, streams: pa.Table) -> dict[str, float | None]:
    """Of what streams have ended: frames of a stream that a kill cut off have no duration yet."""
    seconds = pc.sum(streams["duration_seconds"]).as_py()
    bits = pc.sum(frames["payload_bits"].filter(in_streams(frames, streams))).as_py()
    return {"kbit_s": bits / seconds / 1000 if seconds and bits is not None else None}


def _speeds(streams: pa.Table) -> dict[str, float | int | None]:
    count, found = pc.sum(streams["frames"]).as_py(), {}
    for way in ("encode", "decode"):
        spent = pc.sum(streams[f"{way}_seconds"]).as_py()
        found[f"{way}_fps"] = count / spent if spent else None
    for way in ("encode", "decode"):
        medians = streams[f"{way}_ms"].drop_null()
        found[f"{way}_ms"] = float(np.median(medians.to_numpy())) if len(medians) else None
        found[f"{way}_ms_p95"] = pc.max(streams[f"{way}_ms_p95"]).as_py()
    return found | {"delay_frames": pc.max(streams["delay_frames"]).as_py()}


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """The rows of `rows_of` as a table; a column where any row has one."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})
