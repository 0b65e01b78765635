"""open: an item of a dataset -> clips of decoded frames on the device, one `Work` for each operating point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from ahc_stream import sources
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.lanes import End
from ahc_stream.line.work import Done, Ending, StreamAt, Work

Opened = Work | End | Failure


def make_open(
    source: str, clip_frames: int, device: torch.device, points: Sequence[OperatingPoint], done: Done
) -> Callable[[Item], Iterator[Opened]]:
    """The step. An item that is `done` is not opened. One that breaks off gives its whole clips, then the failure."""

    def step(item: Item) -> Iterator[Opened]:
        wanted = [point for point in points if not done.item(item, [point])]
        if wanted:
            yield from _Opening(item, source, clip_frames, device, wanted, done).work()

    return step


class _Opening:
    """One item on its way into the line."""

    def __init__(
        self,
        item: Item,
        source: str,
        clip_frames: int,
        device: torch.device,
        points: Sequence[OperatingPoint],
        done: Done,
    ) -> None:
        self._item, self._source, self._clip_frames, self._device = item, source, clip_frames, device
        self._points, self._done = points, done
        self._stream: Stream | None = None
        self._at: list[StreamAt] = []

    def work(self) -> Iterator[Opened]:
        whole = True
        try:
            for clip in self._clips():
                if isinstance(clip, sources.BrokenStill):
                    yield Failure(self._item.dataset, clip.name, "open", clip.error)
                else:
                    yield from self._of_stream(clip) if clip.consecutive else self._of_stills(clip)
        except (MediaError, MissingData) as error:
            yield Failure(self._item.dataset, self._item.name, "open", error)
            whole = False
        yield from self._ends(complete=whole, final=whole)

    def _clips(self) -> Iterator[Clip | sources.BrokenStill]:
        if self._source == "auto":
            self._source = sources.choose(self._item, self._device)
        self._timing = sources.timing(self._item)
        for clip in sources.open_item(self._item, self._clip_frames, self._device, self._source):
            yield replace(clip, source=self._source) if isinstance(clip, Clip) else clip

    def _of_stream(self, clip: Clip) -> Iterator[Opened]:
        if self._stream is None or not self._stream.takes(clip):
            yield from self._ends(complete=True, final=False)
            self._begin(clip)
        for at in self._at:
            yield Work(at, clip)

    def _begin(self, clip: Clip) -> None:
        self._stream = stream = Stream.begun_by(clip, self._timing.frames_per_second, self._timing.time_base)
        self._at = [
            StreamAt(stream, point)
            for point in self._points
            if not self._done.stream(stream.dataset, stream.item, stream.first, point)
        ]

    def _ends(self, complete: bool, final: bool) -> Iterator[End]:
        for at in self._at:
            yield End(at, Ending(complete, final, self._source))

    def _of_stills(self, clip: Clip) -> Iterator[Work]:
        """Only those that are not done at a point, so that no still is coded twice."""
        stream = Stream.begun_by(clip, self._timing.frames_per_second, self._timing.time_base)
        for point in self._points:
            missing = [i for i, key in enumerate(clip.keys) if not self._done.stream(*key, point)]
            if missing:
                yield Work(StreamAt(stream, point), _only(clip, missing))


def _only(clip: Clip, frames: list[int]) -> Clip:
    if len(frames) == len(clip):
        return clip
    keys = tuple(clip.keys[i] for i in frames)
    return replace(clip, frames=clip.frames[frames], keys=keys, pts_seconds=clip.pts_seconds[frames])
