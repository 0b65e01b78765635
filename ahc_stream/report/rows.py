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
    same = [pc.is_null(rows[n]) if point[n] is None else pc.equal(rows[n], pa.scalar(point[n])) for n in POINT]
    return rows.filter(pc.and_(pc.and_(same[0], same[1]), same[2]))


def in_streams(frames: pa.Table, streams: pa.Table) -> pa.Array:
    """bool [frames]: whether each is of one of `streams`, all at one operating point."""
    of_frame, of_stream = codes([frames, streams], ["dataset", "item"])
    first, count = at(of_stream, numbers(streams["frame"])), numbers(streams["frames"])
    return pa.array(within(at(of_frame, numbers(frames["frame"])), first, count))


def short_names(points: Iterable[Point]) -> dict[tuple[str, str], str]:
    """(codec, options) -> a short name: the codec, and of its options those in which the codec's points differ."""
    curves = list(dict.fromkeys((point["codec"], point["options"]) for point in points))
    names = {}
    for codec, options in curves:
        others = [set(theirs.split(":")) for name, theirs in curves if name == codec]
        own = [part for part in options.split(":") if part and any(part not in theirs for theirs in others)]
        names[codec, options] = f"{codec} ({', '.join(own)})" if own else codec
    return names
