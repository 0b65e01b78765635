"""What a user may bring: a codec and a task. Both are structural, no base class and no registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
from torch import Tensor

from ahc_stream.core.clip import Clip
from ahc_stream.core.stream import Stream
from ahc_stream.core.trial import Bitstream, OperatingPoint


@runtime_checkable
class Codec(Protocol):
    """Turns a clip into bytes and bytes into frames. One object serves one lane: no locking is needed inside.

    `decode` sees the bitstream and nothing else, on a fresh object if it must. It returns uint8 [N, 3, H, W] RGB on
    the codec's device, in presentation order. Both raise CodecError.
    """

    @property
    def point(self) -> OperatingPoint: ...

    def encode(self, clip: Clip) -> Bitstream: ...

    def decode(self, bitstream: Bitstream) -> Tensor: ...


Rows = Sequence[Sequence[Mapping[str, Any]]]
"""One list per frame, in the frames' order, of the rows that stand at it: column name -> value."""


@runtime_checkable
class Task(Protocol):
    """A vision task inside the line. How its predictions are scored is the report's business: `tasks.score`.

    name:     names the table `predictions_<name>`.
    schema:   columns of one prediction; the keys of frame and operating point are added by the line.
    predict:  the rows of each frame, looked at alone, computed on the clip's device. The line cuts clips as it likes:
              what is said of a frame must not depend on the others of its clip, not in the last bit
              (`core.batches` keeps a network to that). A task that looks at several frames is a `StreamTask`.

    One of your own may also have `scorer`, `labels`, `headline` and `lower_is_better`: see `tasks.own.describe`.
    """

    name: str
    schema: pa.Schema

    def predict(self, clip: Clip) -> Rows: ...


@runtime_checkable
class StreamTask(Protocol):
    """A vision task that remembers earlier frames of a stream. `name` and `schema` are those of `Task`; where it has
    `predict` as well, the line asks for the session.

    session:  begins a stream. Raises InvalidValue for one that the task does not take.
    """

    name: str
    schema: pa.Schema

    def session(self, stream: Stream) -> TaskSession: ...


class TaskSession(Protocol):
    """One stream in the hands of a `StreamTask`.

    delay:  the most frames that are pushed and whose rows were not given yet: it bounds what waits in memory.
    """

    @property
    def delay(self) -> int: ...

    def push(self, reference: Clip, decoded: Clip) -> Rows:
        """Takes the stream's next frames, as they were and as decoded. Returns the rows of those frames, right behind
        those given before, whose rows are known by now; there may be none."""
        ...

    def finish(self) -> Rows:
        """The stream is over: the rows of all frames that were not given yet. Nothing is pushed afterwards."""
        ...


AnyTask = Task | StreamTask
