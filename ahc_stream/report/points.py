"""Rows -> one row per operating point: rates, mean metrics, task scores, their change against the original."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import tables
from ahc_stream.core.errors import StorageError
from ahc_stream.report.rows import Point, split, where
from ahc_stream.report.scores import Scored, scored, scores_of


def operating_points(folder: Path, reference: str = "auto") -> pa.Table:
    """One row per operating point of the run under `folder`, in the order of codec, options, rate.

    items, frames           how many
    bpp                     payload bits / true pixels; of stills the mean over images, of video total / total
    bpp_container           the same of the container bits; bpp_estimated of the entropy model's, null without one
    bpp_study               where the run's metric profile is "study": what the study called bpp, of stills the estimate,
                            null for video (docs/metrics.md)
    <metric>                mean over frames; <metric>_undefined counts the frames it is not defined for
    encode_fps, decode_fps  frames / summed wall seconds of the clips
    <task>_<score>          the task's scores, and <task>_<score>_change against codec "identity" (null without it)
    <task>_reference        what it is scored against: "labels" or "original", as `reference` asks (see `scored`)

    Raises StorageError where `folder` holds no rows.
    """
    frames, clips = tables.read(folder, "frames"), tables.read(folder, "clips")
    if not frames.num_rows:
        raise StorageError(f"finished rows under {folder}", "none", "start the run again, it goes on where it stopped")
    points = split(frames)
    rows = rows_of(folder, points, clips, scored(folder, points, reference))
    rows.sort(key=lambda row: (row["codec"] != "identity", row["codec"], row["options"], row["bpp"]))
    return _table(rows)


def rows_of(
    folder: Path, points: Sequence[tuple[Point, pa.Table]], clips: pa.Table, found: Sequence[Scored]
) -> list[dict[str, Any]]:
    """The rows of `operating_points`, in the order of `points` (operating point, its rows of `frames`)."""
    video, study = pc.any(clips["consecutive"]).as_py(), tables.metric_profile(folder) == "study"
    return [
        _point(point, frames, metric_names(frames), video, study) | _speeds(where(clips, point)) | scores
        for (point, frames), scores in zip(points, scores_of(points, found), strict=True)
    ]


def metric_names(frames: pa.Table) -> list[str]:
    """The columns of `frames` that are metrics."""
    return [name for name in frames.column_names if name not in tables.FRAMES.names]


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


def _speeds(clips: pa.Table) -> dict[str, float | None]:
    count = pc.sum(clips["batch"]).as_py()
    seconds = {way: pc.sum(clips[f"{way}_seconds"]).as_py() for way in ("encode", "decode")}
    return {f"{way}_fps": count / spent if spent else None for way, spent in seconds.items()}


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})
