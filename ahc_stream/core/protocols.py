"""What a user may bring: a codec and a task. Both are structural, no base class and no registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pyarrow as pa

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

if TYPE_CHECKING:
    from torch import Tensor


class Encoder(Protocol):
    """Codes one stream: frames go in as they come, coded frames come out when they are ready. Made by `Codec.encoder`.

    header:          what a decoder needs beside the units, as JSON values; known once the first unit has come.
    frames_at_once:  frames that it likes to be given together; None for as many as there are. It moves no bit.

    What `push` gives depends on no frame that has not been pushed, nor on how pushes were cut. Both raise CodecError.
    """

    frames_at_once: int | None

    @property
    def header(self) -> Mapping[str, Any]: ...

    def push(self, clip: Clip) -> Sequence[Unit]:
        """The units that are ready after the next frames of the stream, in coding order; none while it looks ahead."""
        ...

    def finish(self) -> Sequence[Unit]:
        """The rest, once the stream has ended."""
        ...


class Decoder(Protocol):
    """Decodes one stream, from its header and units alone. `Codec.decoder` makes it. Both methods raise CodecError."""

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        """The frames that are ready after the next units, in presentation order: blocks of uint8 [k, 3, H, W] RGB on
        the codec's device, k at least 1."""
        ...

    def finish(self) -> Sequence[Tensor]:
        """The rest, once all units have been pushed."""
        ...


@runtime_checkable
class Codec(Protocol):
    """Turns streams into coded frames and back. One object serves one lane, several streams at a time if it must.

    header:  an `Encoder`'s. A decoder sees it and the units, and nothing else.
    """

    @property
    def point(self) -> OperatingPoint: ...

    def encoder(self, stream: Stream) -> Encoder: ...

    def decoder(self, header: Mapping[str, Any]) -> Decoder: ...


@runtime_checkable
class ClipCodec(Protocol):
    """The plainest codec: a clip in, all its bytes out. `core.sessions` makes streams of it.

    Where its class says `intra_only = True`, every frame is coded alone, and a stream goes through clip by clip. Else a
    stream is one call: all its frames are held until it ends, for only so does no number depend on clips.
    `decode` returns uint8 [N, 3, H, W] RGB on the codec's device, in presentation order. Both raise CodecError.
    """

    @property
    def point(self) -> OperatingPoint: ...

    def encode(self, clip: Clip) -> Bitstream: ...

    def decode(self, bitstream: Bitstream) -> Tensor: ...


Row = Mapping[str, Any]
"""Column name -> value."""

Rows = Sequence[Sequence[Row]]
"""One list per frame, in the frames' order, of the rows that stand at it."""


@runtime_checkable
class Task(Protocol):
    """A vision task inside the line. How its predictions are scored is the report's business: `tasks.score`.

    name:     names the table `predictions_<name>`.
    schema:   columns of one prediction; the keys of frame and operating point are added by the line.
    predict:  the rows of each frame, looked at alone, computed on the clip's device. The line cuts clips as it likes:
              what is said of a frame must not depend on the others of its clip, not in the last bit
              (`core.batches` keeps a network to that). A task that looks at several frames is a `StreamTask`.

    One of your own may also have `scorer`, `drawer`, `labels`, `headline` and `lower_is_better`: see
    `tasks.user_tasks.describe` and docs/recipes/task.md; and `classes`, the names that it knows: labels without any of
    them are refused.
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
