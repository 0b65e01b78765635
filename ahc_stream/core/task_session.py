"""One way to ask any task: a session over a stream. A task without memory is adapted here, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ahc_stream.core.clip import Clip
from ahc_stream.core.device_memory import with_room
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import AnyTask, Row, Rows, StreamTask, Task, TaskSession
from ahc_stream.core.stream import Stream


def open_session(task: AnyTask, stream: Stream) -> TaskSession:
    """What `task` says of `stream`: its own session where it has one, else `predict`, frame by frame. Of a stack of
    stills each is a stream of its own.

    Raises InvalidValue for a stream that the task does not take.
    """
    if not isinstance(task, StreamTask):
        return FramewiseSession(task)
    return task.session(stream) if stream.consecutive else StillsSession(task, stream)


@dataclass(frozen=True)
class FramewiseSession:
    """A task that looks at each frame alone, so that rows are known at once. It serves a stack of stills as well."""

    task: Task
    delay: int = 0

    def push(self, reference: Clip, decoded: Clip) -> Rows:
        """Raises InvalidValue where the task does not give one list per frame, and DeviceError."""
        rows = with_room(f"task {self.task.name}", lambda: self.task.predict(decoded))
        if len(rows) != len(decoded):
            raise wrong_count(self.task.name, "predict", len(decoded), len(rows))
        return rows

    def finish(self) -> Rows:
        return []


@dataclass(frozen=True)
class StillsSession:
    """A session for each still of a stack: what a task remembers of one says nothing of another."""

    task: StreamTask
    stack: Stream
    delay: int = 0

    def push(self, reference: Clip, decoded: Clip) -> Rows:
        """Raises InvalidValue where a session does not give one list for its still."""
        stills = (slice(i, i + 1) for i in range(len(decoded)))
        return [self._rows(reference[still], decoded[still]) for still in stills]

    def finish(self) -> Rows:
        return []

    def _rows(self, reference: Clip, decoded: Clip) -> Sequence[Row]:
        key = decoded.keys[0]
        session = self.task.session(replace(self.stack, item=key.item, first=key.frame))
        rows = [*session.push(reference, decoded), *session.finish()]
        if len(rows) != 1:
            raise wrong_count(self.task.name, "session", 1, len(rows))
        return rows[0]


def wrong_count(name: str, method: str, frames: int, lists: int) -> InvalidValue:
    """The error for a task that does not give one list of rows for each frame."""
    expected = f"{frames} lists of rows from {name}.{method}, one per frame"
    return InvalidValue(expected, str(lists), "give an empty list for a frame without rows")
