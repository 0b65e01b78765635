"""Ways to cut a stream into clips, for tests that nothing depends on it, and what a task says of the clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from ahc_stream.core.clip import Clip
from ahc_stream.core.protocols import AnyTask
from ahc_stream.core.stream import Stream
from ahc_stream.core.task_session import open_session

Cut = list[slice]


def cuts(frames: int) -> st.SearchStrategy[Cut]:
    """Draws slices, of one frame at least, that cover so many frames in order."""
    inner = st.sets(st.integers(1, frames - 1)) if frames > 1 else st.just(set())
    return inner.map(lambda borders: slices([0, *sorted(borders), frames]))


def slices(borders: list[int]) -> Cut:
    """The slices between rising borders."""
    return [slice(start, stop) for start, stop in pairwise(borders)]


def part_of(clip: Clip, frames: slice) -> Clip:
    """Some of its frames."""
    return replace(clip, frames=clip.frames[frames], keys=clip.keys[frames], pts_seconds=clip.pts_seconds[frames])


def rows_of(task: AnyTask, clip: Clip, cut: Cut | None = None) -> list[list[Mapping[str, Any]]]:
    """The rows of each frame of a stream, which comes in the slices of `cut`, or whole; no more wait than is said."""
    session = open_session(task, Stream.of(clip))
    rows: list[list[Mapping[str, Any]]] = []
    for frames in cut or [slice(0, len(clip))]:
        piece = part_of(clip, frames)
        rows += map(list, session.push(piece, piece))
        assert 0 <= frames.stop - len(rows) <= session.delay
    return [*rows, *map(list, session.finish())]
