"""Rows -> one row per operating point: rates, mean metrics, task scores, their change against the original."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import tables, tasks
from ahc_stream.core.errors import StorageError
from ahc_stream.core.labels import KEY

POINT = [name for name, _ in tables.POINT]
FRAME = [name for name, _ in KEY]


def operating_points(folder: Path) -> pa.Table:
    """One row per operating point of the run under `folder`, in the order of codec, options, rate.

    items, frames           how many
    bpp                     payload bits / true pixels; of stills the mean over images, of video total / total
    bpp_container           the same of the container bits; bpp_estimated of the entropy model's, null without one
    <metric>                mean over frames; <metric>_undefined counts the frames it is not defined for
    encode_fps, decode_fps  frames / summed wall seconds of the clips
    <task>_<score>          the task's scores, and <task>_<score>_change against codec "identity" (null without it)

    Raises StorageError where `folder` holds no rows.
    """
    frames, clips = tables.read(folder, "frames"), tables.read(folder, "clips")
    if not frames.num_rows:
        raise StorageError(f"finished rows under {folder}", "none", "start the run again, it goes on where it stopped")
    video = pc.any(clips["consecutive"]).as_py()
    metrics = [name for name in frames.column_names if name not in tables.FRAMES.names]
    rows = [
        _point(point, of_point, metrics, video) | _speeds(_where(clips, point)) | scores
        for (point, of_point), scores in zip(split(frames), _scores(folder, frames), strict=True)
    ]
    rows.sort(key=lambda row: (row["codec"] != "identity", row["codec"], row["options"], row["bpp"]))
    return _table(rows)


def split(frames: pa.Table) -> list[tuple[dict[str, Any], pa.Table]]:
    """(point, its rows) for every operating point in `frames`."""
    points = frames.group_by(POINT).aggregate([]).to_pylist()
    return [({name: point[name] for name in POINT}, _where(frames, point)) for point in points]


def _where(rows: pa.Table, point: Mapping[str, Any]) -> pa.Table:
    if not rows.num_rows:
        return rows
    same = [pc.is_null(rows[n]) if point[n] is None else pc.equal(rows[n], pa.scalar(point[n])) for n in POINT]
    return rows.filter(pc.and_(pc.and_(same[0], same[1]), same[2]))


def _point(point: dict[str, Any], frames: pa.Table, metrics: list[str], video: bool) -> dict[str, Any]:
    items = frames.group_by(["dataset", "item"]).aggregate([])
    row = point | {"items": items.num_rows, "frames": frames.num_rows}
    for column, name in (
        ("payload_bits", "bpp"),
        ("container_bits", "bpp_container"),
        ("estimated_bits", "bpp_estimated"),
    ):
        row[name] = None if frames[column].null_count else _bpp(frames, column, video)
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


def _scores(folder: Path, frames: pa.Table) -> list[dict[str, float | None]]:
    """For every point of `split(frames)`, all scores of all tasks and their change against the original."""
    points = split(frames)
    result: list[dict[str, float | None]] = [{} for _ in points]
    for task in sorted(path.name.removeprefix("predictions_") for path in folder.glob("predictions_*")):
        scored = [_task_scores(folder, task, point, of_point) for point, of_point in points]
        original = next((s for (point, _), s in zip(points, scored, strict=True) if point["codec"] == "identity"), {})
        for row, scores in zip(result, scored, strict=True):
            for name, value in scores.items():
                row[f"{task}_{name}"] = value
                row[f"{task}_{name}_change"] = value - original[name] if name in original else None
    return result


def _task_scores(folder: Path, task: str, point: Mapping[str, Any], frames: pa.Table) -> dict[str, float]:
    if not (folder / f"labels_{task}").is_dir():
        return {}
    labels = tables.read(folder, f"labels_{task}")
    predictions = _where(tables.read(folder, f"predictions_{task}"), point)
    evaluated = frames.select([*FRAME, "width", "height"])
    return dict(tasks.score(task, predictions, labels, evaluated))


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})
