"""open: an item of a dataset -> clips of decoded frames on the device, one `Work` for each operating point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from ahc_stream import sources
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.lanes import End
from ahc_stream.line.work import EarlierWork, Ending, OpenOutput, StreamAt, StreamEnd, Work


@dataclass(frozen=True)
class Opening:
    """How items are opened: by which source, how many frames at once, where to, within which limits, and whether in a
    process of their own."""

    source: str
    clip_frames: int
    device: torch.device
    limits: sources.Limits = sources.DEFAULT_LIMITS
    isolate: bool = False


def make_open(
    opening: Opening, points: Sequence[OperatingPoint], earlier: EarlierWork
) -> Callable[[Item], Iterator[OpenOutput]]:
    """The step. An item that earlier starts have finished is not opened. One that breaks off gives its whole clips,
    then the failure."""

    def step(item: Item) -> Iterator[OpenOutput]:
        missing = [point for point in points if not earlier.item(item, [point])]
        if missing:
            yield from _OpeningItem(item, opening, missing, earlier).work()

    return step


class _OpeningItem:
    """One item on its way into the line."""

    def __init__(self, item: Item, opening: Opening, points: Sequence[OperatingPoint], earlier: EarlierWork) -> None:
        self._item, self._opening = item, opening
        self._points, self._earlier = points, earlier
        self._opened: sources.OpenedItem | None = None
        self._stream: Stream | None = None
        self._at: list[StreamAt] = []
        self._told = 0

    def work(self) -> Iterator[OpenOutput]:
        whole = True
        try:
            for clip in self._clips():
                yield from self._new_notes()
                if isinstance(clip, sources.BrokenStill):
                    yield Failure(self._item.dataset, clip.name, "open", clip.error)
                else:
                    yield from self._of_stream(clip) if clip.consecutive else self._of_stills(clip)
        except (MediaError, MissingData) as error:
            yield Failure(self._item.dataset, self._item.name, "open", error)
            whole = False
        yield from self._new_notes()
        yield from self._ends(complete=whole, final=whole)

    @property
    def _source(self) -> str:
        return self._opening.source if self._opened is None else self._opened.source

    def _clips(self) -> Iterator[Clip | sources.BrokenStill]:
        opening = self._opening
        self._opened = opened = sources.opened(
            self._item, opening.clip_frames, opening.device, opening.source, opening.limits, opening.isolate
        )
        self._timing = opened.timing
        for clip in opened.clips():
            yield replace(clip, source=opened.source) if isinstance(clip, Clip) else clip

    def _new_notes(self) -> Iterator[ItemNote]:
        """What was noticed since the last time. It goes before the clips that it is about, so that rows which stand
        have their notes."""
        notes = self._opened.notes[self._told :] if self._opened else ()
        self._told += len(notes)
        yield from notes

    def _of_stream(self, clip: Clip) -> Iterator[OpenOutput]:
        if self._stream is None or not self._stream.takes(clip):
            yield from self._ends(complete=True, final=False)
            self._begin(clip)
        for at in self._at:
            yield Work(at, clip)

    def _begin(self, clip: Clip) -> None:
        step = 1 if self._item.cut is None else self._item.cut.step
        self._stream = stream = Stream.begun_by(clip, self._timing.frames_per_second, self._timing.time_base, step)
        self._at = [
            StreamAt(stream, point)
            for point in self._points
            if not self._earlier.stream(stream.dataset, stream.item, stream.first, point)
        ]

    def _ends(self, complete: bool, final: bool) -> Iterator[StreamEnd]:
        for at in self._at:
            yield End(at, Ending(complete, final, self._source))

    def _of_stills(self, clip: Clip) -> Iterator[Work]:
        """Only those that are not finished at a point, so that no still is coded twice."""
        stream = Stream.begun_by(clip, self._timing.frames_per_second, self._timing.time_base)
        for point in self._points:
            missing = [i for i, key in enumerate(clip.keys) if not self._earlier.stream(*key, point)]
            if missing:
                yield Work(StreamAt(stream, point), _only(clip, missing))


def _only(clip: Clip, frames: list[int]) -> Clip:
    if len(frames) == len(clip):
        return clip
    keys = tuple(clip.keys[i] for i in frames)
    return replace(clip, frames=clip.frames[frames], keys=keys, pts_seconds=clip.pts_seconds[frames])
