"""One stream in the hands of all metrics and tasks: frames come out when each of them has spoken about them."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import torch

from ahc_stream import metrics
from ahc_stream.core.clip import FrameKey
from ahc_stream.core.device_memory import memory_for
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import AnyTask, Row, Rows
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.core.spans import span
from ahc_stream.core.stream import Stream
from ahc_stream.core.task_session import open_session, wrong_count
from ahc_stream.line.recon import Recon


@dataclass(frozen=True)
class MeasureSettings:
    """What is measured.

    metrics:      names.
    tasks:        of this lane alone.
    device:       where frames are.
    codec_lanes:  lanes of the stage before, recorded beside its seconds.
    recon:        what keeps decoded frames, if they are kept.
    """

    metrics: Sequence[str]
    tasks: Sequence[AnyTask]
    device: torch.device
    codec_lanes: int
    recon: Recon | None = None


@dataclass(frozen=True)
class MeasuredFrame:
    """One frame that all metrics and tasks have spoken about.

    facts:        size, type and bits, by the names of `tables.FRAMES`.
    values:       by metric; NaN where one is not defined.
    predictions:  by task, its rows.
    """

    key: FrameKey
    facts: Mapping[str, Any]
    values: Mapping[str, float]
    predictions: Mapping[str, Sequence[Row]]


class StreamSessions:
    """One stream's sessions with all metrics and tasks, and the frames that some of them have not spoken about yet.

    finished:  numbers of frames whose rows are there already; they are measured, for sessions remember, and left out.
    count:     frames that came.
    """

    def __init__(self, settings: MeasureSettings, stream: Stream, finished: Collection[int]) -> None:
        self.count = 0
        self._finished, self._recon = finished, settings.recon
        self._metrics = metrics.open_session(
            settings.metrics, stream.consecutive, settings.device, frames_per_second=stream.frames_per_second
        )
        self._tasks = {task.name: open_session(task, stream) for task in settings.tasks}
        self._frames: deque[tuple[FrameKey, Mapping[str, Any]]] = deque()
        self._values: deque[Mapping[str, float]] = deque()
        self._predictions: dict[str, deque[Sequence[Row]]] = {name: deque() for name in self._tasks}

    def push(self, trip: RoundTrip) -> list[MeasuredFrame]:
        """The frames that are complete after the next round trip."""
        self.count += len(trip.reference)
        self._frames.extend(_facts_of(trip))
        self._take_values(self._metrics.push(trip.reference.frames, trip.decoded.frames), len(trip.reference))
        for name, session in self._tasks.items():
            with span("task", name), memory_for(f"task {name}"):
                rows = session.push(trip.reference, trip.decoded)
            self._take_predictions(name, rows)
        if self._recon:
            self._recon.save(trip)
        return self._complete()

    def finish(self) -> list[MeasuredFrame]:
        """The rest."""
        self._take_values(self._metrics.finish(), len(self._frames) - len(self._values))
        for name, session in self._tasks.items():
            with memory_for(f"task {name}"):
                rows = session.finish()
            self._take_predictions(name, rows)
            if len(self._predictions[name]) != len(self._frames):
                raise self._wrong_count(name)
        return self._complete()

    def _take_predictions(self, name: str, rows: Rows) -> None:
        """Rows of the next frames from a task. Raises InvalidValue for more of them than there are frames."""
        waiting = self._predictions[name]
        waiting.extend(rows)
        if len(waiting) > len(self._frames):
            raise self._wrong_count(name)

    def _wrong_count(self, name: str) -> InvalidValue:
        lists = self.count - len(self._frames) + len(self._predictions[name])
        return wrong_count(name, "session", self.count, lists)

    def _take_values(self, values: Mapping[str, torch.Tensor], without_metrics: int) -> None:
        """Values of the next frames, in one transfer; without any metric, an empty mapping for each of so many."""
        if not values:
            self._values.extend([{}] * without_metrics)
            return
        frames: list[list[float]] = torch.stack(list(values.values()), dim=1).cpu().tolist()
        self._values.extend(dict(zip(values, frame, strict=True)) for frame in frames)

    def _complete(self) -> list[MeasuredFrame]:
        queues: list[Sized] = [self._frames, self._values, *self._predictions.values()]
        count = min(map(len, queues))
        frames = [self._next() for _ in range(count)]
        return [frame for frame in frames if frame.key.frame not in self._finished]

    def _next(self) -> MeasuredFrame:
        key, facts = self._frames.popleft()
        predictions = {name: waiting.popleft() for name, waiting in self._predictions.items()}
        return MeasuredFrame(key, facts, self._values.popleft(), predictions)


def _facts_of(trip: RoundTrip) -> Iterator[tuple[FrameKey, Mapping[str, Any]]]:
    size = {"width": trip.reference.width, "height": trip.reference.height}
    names = ("frame_type", "payload_bits", "container_bits", "estimated_bits")
    columns = (trip.frame_types, trip.payload_bits, trip.container_bits, trip.estimated_bits)
    for key, *facts in zip(trip.reference.keys, *columns, strict=True):
        yield key, size | dict(zip(names, facts, strict=True))
