"""What was measured, as Arrow tables of the schemas in `tables`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ahc_stream import tables
from ahc_stream.core.clip import FrameKey
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import AnyTask
from ahc_stream.line.sessions import MeasuredFrame, MeasureSettings

Milliseconds = tuple[float, float]
"""Median and 95th percentile, per frame; NaN where nothing came."""


def frame_tables(
    settings: MeasureSettings, point: OperatingPoint, frames: Sequence[MeasuredFrame]
) -> dict[str, pa.Table]:
    """The rows of `frames` and of each task's predictions. A NaN, a metric that is not defined there, becomes null."""
    columns: dict[str, Any] = key_columns([frame.key for frame in frames], point)
    for name in tables.FRAMES.names:
        if name not in columns:
            columns[name] = [frame.facts[name] for frame in frames]
    for name in settings.metrics:
        columns[name] = pa.array([frame.values[name] for frame in frames], pa.float64(), from_pandas=True)
    rows = {"frames": pa.table(columns, schema=tables.frames_schema(settings.metrics))}
    for task in settings.tasks:
        rows[f"{tables.PREDICTIONS}{task.name}"] = _prediction_table(task, point, frames)
    return rows


def _prediction_table(task: AnyTask, point: OperatingPoint, frames: Sequence[MeasuredFrame]) -> pa.Table:
    keyed = [(frame.key, row) for frame in frames for row in frame.predictions[task.name]]
    columns = key_columns([key for key, _ in keyed], point)
    columns |= {name: [row[name] for _, row in keyed] for name in task.schema.names}
    return pa.table(columns, schema=tables.predictions_schema(task.schema))


def stream_table(
    settings: MeasureSettings, keys: Sequence[FrameKey], point: OperatingPoint, facts: Mapping[str, Any]
) -> pa.Table:
    """One row for each stream, named by its first frame's key.

    facts:  by the names of `tables.STREAMS`, the same of every stream; null where a name is missing.
    """
    columns = key_columns(keys, point)
    values = {**facts, "device": str(settings.device), "lanes": settings.codec_lanes}
    for name in tables.STREAMS.names:
        columns.setdefault(name, [values.get(name)] * len(keys))
    return pa.table({name: columns[name] for name in tables.STREAMS.names}, tables.STREAMS)


def speed_columns(
    encode_seconds: float, decode_seconds: float, encode: Milliseconds, decode: Milliseconds
) -> dict[str, float | None]:
    """Wall times of a stream by the names of `tables.STREAMS`; null where nothing came."""
    milliseconds = {
        "encode_ms": encode[0],
        "encode_ms_p95": encode[1],
        "decode_ms": decode[0],
        "decode_ms_p95": decode[1],
    }
    measured = {name: None if math.isnan(value) else value for name, value in milliseconds.items()}
    return {"encode_seconds": encode_seconds, "decode_seconds": decode_seconds, **measured}


def key_columns(keys: Sequence[FrameKey], point: OperatingPoint) -> dict[str, list[Any]]:
    """The columns that name a frame and an operating point."""
    count = len(keys)
    return {
        "dataset": [key.dataset for key in keys],
        "item": [key.item for key in keys],
        "frame": [key.frame for key in keys],
        "codec": [point.codec] * count,
        "quality": [point.quality] * count,
        "options": [point.options_text] * count,
    }
