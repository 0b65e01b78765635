"""The rows of one operating point, out of those of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import tables
from ahc_stream.runs.keys import at, codes, numbers, within

POINT = [name for name, _ in tables.POINT]

Point = Mapping[str, Any]
"""Codec, quality and options, by the names of POINT."""


def split(frames: pa.Table) -> list[tuple[Point, pa.Table]]:
    """(point, its rows) for every operating point in `frames`."""
    points = frames.group_by(POINT).aggregate([]).to_pylist()
    return [({name: point[name] for name in POINT}, where(frames, point)) for point in points]


def where(rows: pa.Table, point: Point) -> pa.Table:
    """The rows of one operating point."""
    if not rows.num_rows:
        return rows
    codec, quality, options = (_equal(rows[name], point[name]) for name in POINT)
    return rows.filter(pc.and_(pc.and_(codec, quality), options))


def _equal(column: pa.ChunkedArray, value: str | float | None) -> pa.ChunkedArray:
    return pc.is_null(column) if value is None else pc.equal(column, pa.scalar(value))


def in_streams(frames: pa.Table, streams: pa.Table) -> pa.Array:
    """bool [frames]: whether each is of one of `streams`, all at one operating point."""
    frame_code, stream_code = codes([frames, streams], ["dataset", "item"])
    first, count = at(stream_code, numbers(streams["frame"])), numbers(streams["frames"])
    return pa.array(within(at(frame_code, numbers(frames["frame"])), first, count))


def short_names(points: Iterable[Point]) -> dict[tuple[str, str], str]:
    """(codec, options) -> a short name: the codec, and of its options those in which the codec's points differ."""
    curves = list(dict.fromkeys((point["codec"], point["options"]) for point in points))
    names = {}
    for codec, options in curves:
        others = [set(other.split(":")) for name, other in curves if name == codec]
        differing = [part for part in options.split(":") if part and any(part not in other for other in others)]
        names[codec, options] = f"{codec} ({', '.join(differing)})" if differing else codec
    return names
