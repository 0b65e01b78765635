"""The rows of one operating point, out of those of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.runs.standing import AT

Point = Mapping[str, Any]
"""Codec, quality and options, by the names of AT."""


def split(frames: pa.Table) -> list[tuple[Point, pa.Table]]:
    """(point, its rows) for every operating point in `frames`."""
    points = frames.group_by(AT).aggregate([]).to_pylist()
    return [({name: point[name] for name in AT}, where(frames, point)) for point in points]


def where(rows: pa.Table, point: Point) -> pa.Table:
    """The rows of one operating point."""
    if not rows.num_rows:
        return rows
    codec, quality, options = (_equal(rows[name], point[name]) for name in AT)
    return rows.filter(pc.and_(pc.and_(codec, quality), options))


def _equal(column: pa.ChunkedArray, value: str | float | None) -> pa.ChunkedArray:
    return pc.is_null(column) if value is None else pc.equal(column, pa.scalar(value))
