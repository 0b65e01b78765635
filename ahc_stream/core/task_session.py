"""One way to ask any task: a session over a stream. A task without memory is adapted here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import AnyTask, Rows, StreamTask, Task, TaskSession
from ahc_stream.core.stream import Stream


def open_session(task: AnyTask, stream: Stream) -> TaskSession:
    """What `task` says of `stream`: its own session where it has one, else `predict`, frame by frame.

    Raises InvalidValue for a stream that the task does not take.
    """
    return task.session(stream) if isinstance(task, StreamTask) else Alone(task)


@dataclass(frozen=True)
class Alone:
    """A task that looks at each frame alone, so that rows are known at once. It serves a stack of stills as well."""

    task: Task
    delay: int = 0

    def push(self, reference: Clip, decoded: Clip) -> Rows:
        """Raises InvalidValue where the task does not give one list per frame."""
        rows = self.task.predict(decoded)
        if len(rows) != len(decoded):
            expected = f"{len(decoded)} lists of rows from {self.task.name}.predict, one per frame"
            raise InvalidValue(expected, str(len(rows)), "give an empty list for a frame without rows")
        return rows

    def finish(self) -> Rows:
        return []
