"""What a run lacks: what failed, what broke off and still counts, what has not ended yet, what nobody has trained."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc

from ahc_stream.core.point import has_random_weights
from ahc_stream.core.quality import quality_text
from ahc_stream.core.wording import abridged, are, counted
from ahc_stream.report.rows import in_streams
from ahc_stream.runs import RunReader
from ahc_stream.runs.points import split, where

MOST_NAMES = 6
"""Of codecs that a sentence lists."""


def warnings(run: RunReader) -> list[str]:
    """One sentence for each kind of gap, for the terminal and the page alike; none of a whole run."""
    return [*_failures(run), *_early(run), *_unfinished(run), *_untrained(run)]


def _failures(run: RunReader) -> Iterator[str]:
    count = run.failures.num_rows
    if count:
        subject = counted(count, "failure")
        if not run.frames.num_rows:
            yield f"Every item failed, {subject} in all: nothing could be measured."
        yield f"{subject}: what could not be opened or coded is in the table `failures`."


def _early(run: RunReader) -> Iterator[str]:
    """Streams that broke off: what came before counts in every mean."""
    early = run.streams.filter(pc.invert(run.streams["complete"]))
    for row in early.group_by("item").aggregate([("frames", "max")]).to_pylist():
        if row["frames_max"]:
            yield f"{row['item']} ended early: its frames before that, {row['frames_max']} at most, are in the numbers."


def _unfinished(run: RunReader) -> Iterator[str]:
    """Points with frames of streams that have not ended, or with fewer frames than others."""
    counts: dict[tuple[str, str], int] = {}
    open_frames = 0
    for point, frames in split(run.frames):
        quality = quality_text(point["quality"], point["options"])
        name = f"{point['codec']}{'@' if quality else ''}{quality}"
        counts[name, point["options"]] = frames.num_rows
        streams = where(run.streams, point)
        ended = pc.sum(in_streams(frames, streams, run.cut.step)).as_py() if streams.num_rows else 0
        open_frames += frames.num_rows - ended
    if open_frames:
        frames_text = counted(open_frames, "frame")
        yield f"The run is unfinished: {frames_text} {are(open_frames)} of streams that have not ended. Start it again."
    most = max(counts.values(), default=0)
    fewer = [f"{name} {count}" for (name, _), count in counts.items() if count < most]
    if fewer:
        yield f"Operating points cover different frames, {most} at most: {', '.join(fewer)}."


def _untrained(run: RunReader) -> Iterator[str]:
    """Learned codecs whose weights a seed drew."""
    curves = run.frames.group_by(["codec", "options"]).aggregate([]).to_pylist()
    drawn = sorted({curve["codec"] for curve in curves if has_random_weights(curve["options"])})
    if drawn:
        yield (
            f"Random weights: {abridged(drawn, MOST_NAMES)}. Rates, metrics and scores there are of networks that "
            "nobody has trained, and say nothing about the codec."
        )
