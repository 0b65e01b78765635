"""Rows of one operating point that belong to streams, and short names of points."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from ahc_stream.runs.keys import at, codes, numbers, within
from ahc_stream.runs.points import Point


def in_streams(frames: pa.Table, streams: pa.Table, step: int) -> pa.Array:
    """bool [frames]: whether each is of one of `streams`, all at one operating point.

    step:  how far the numbers of a stream's frames lie apart (`runs.cut`).
    """
    frame_code, stream_code = codes([frames, streams], ["dataset", "item"])
    first, count = at(stream_code, numbers(streams["frame"])), numbers(streams["frames"])
    return pa.array(within(at(frame_code, numbers(frames["frame"])), first, step * count))


def short_names(points: Iterable[Point]) -> dict[tuple[str, str], str]:
    """(codec, options) -> a short name, "h264 preset=ultrafast": the codec, and of its options those that differ."""
    curves = list(dict.fromkeys((point["codec"], point["options"]) for point in points))
    names = {}
    for codec, options in curves:
        others = [set(other.split(":")) for name, other in curves if name == codec]
        differing = [part for part in options.split(":") if part and any(part not in other for other in others)]
        names[codec, options] = " ".join([codec, *differing])
    return names
