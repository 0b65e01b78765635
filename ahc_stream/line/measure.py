"""measure: round trips of a stream -> rows, as Arrow tables: rates, metrics, predictions, and one row when it ends.

Metrics and tasks may remember earlier frames and wait for later ones, so each stream has a session with them, and a
frame's rows come when all of them have spoken.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import torch

from ahc_stream import metrics, tables
from ahc_stream.core.clip import FrameKey
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import AnyTask, Row, Rows
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.core.task_session import open_session, wrong_count
from ahc_stream.lanes import End
from ahc_stream.line.recon import Recon
from ahc_stream.line.work import Coded, Done, Ending, StreamAt


@dataclass(frozen=True)
class Measured:
    """Rows of some frames of a stream at one operating point: table name -> Arrow table (schemas in `tables`).

    `tables` has "streams" when the stream has ended.
    """

    at: StreamAt
    tables: tables.Rows

    @property
    def point(self) -> OperatingPoint:
        return self.at.point

    @property
    def frames(self) -> int:
        """Frames whose rows these are."""
        return self.tables["frames"].num_rows


@dataclass(frozen=True)
class Measuring:
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


class MeasureStep:
    """The step of one lane, with the streams that it measures. Rows of frames that are `done` are not made again."""

    def __init__(self, measuring: Measuring, done: Done) -> None:
        self._measuring, self._done = measuring, done
        self._open: dict[StreamAt, _Sessions] = {}
        self._tails: dict[StreamAt, list[_Frame]] = {}

    def __call__(self, thing: Coded | End | Failure) -> Iterator[Measured | Failure]:
        match thing:
            case Coded(at, trip) if at.stream.consecutive:
                frames = self._sessions(at).push(trip)
                if thing.is_tail:
                    self._tails.setdefault(at, []).extend(frames)
                elif frames:
                    yield Measured(at, _frame_tables(self._measuring, at.point, frames))
            case Coded(at, trip):
                yield self._stills(at, trip)
            case End(at, ending):
                yield self._end(at, ending)
            case _:
                yield thing

    def _sessions(self, at: StreamAt) -> _Sessions:
        if at not in self._open:
            stream = at.stream
            done = self._done.frames(stream.dataset, stream.item, stream.first, at.point)
            self._open[at] = _Sessions(self._measuring, at, done)
        return self._open[at]

    def _stills(self, at: StreamAt, trip: RoundTrip) -> Measured:
        """Each still is a stream that begins and ends here; they share a batch and its seconds."""
        sessions = _Sessions(self._measuring, at, done=())
        rows = _frame_tables(self._measuring, at.point, [*sessions.push(trip), *sessions.finish()])
        count = len(trip.reference)
        encode, decode = trip.encode_seconds / count, trip.decode_seconds / count
        speeds = _speeds(encode, decode, *(1000 * encode,) * 2, *(1000 * decode,) * 2)
        lengths = {"frames": 1, "complete": True, "final": True, "consecutive": False, "delay_frames": 0}
        rest = lengths | speeds | {"duration_seconds": None, "source": trip.reference.source}
        return Measured(at, rows | {"streams": self._stream_rows(trip.reference.keys, at.point, rest)})

    def _end(self, at: StreamAt, ending: Ending) -> Measured:
        """The stream's own row, in one piece with the rows of its tail: a kill between the two would leave frames that
        depend on where the stream ended, and nothing that says so."""
        sessions = self._sessions(at)
        frames = [*self._tails.pop(at, []), *sessions.finish()]
        rows = _frame_tables(self._measuring, at.point, frames)
        del self._open[at]
        facts, first = ending.facts, FrameKey(at.stream.dataset, at.stream.item, at.stream.first)
        speeds, rest = {}, {"duration_seconds": None, "delay_frames": None}
        if facts is not None:
            speeds = _speeds(
                facts.encode_seconds,
                facts.decode_seconds,
                facts.encode_ms,
                facts.encode_ms_p95,
                facts.decode_ms,
                facts.decode_ms_p95,
            )
            rest = {"duration_seconds": facts.duration_seconds, "delay_frames": facts.delay_frames}
        rest |= {"frames": sessions.count, "complete": ending.complete, "final": ending.final, "consecutive": True}
        rest |= speeds | {"source": ending.source}
        return Measured(at, rows | {"streams": self._stream_rows([first], at.point, rest)})

    def _stream_rows(self, keys: Sequence[FrameKey], point: OperatingPoint, values: Row) -> pa.Table:
        values = values | {"device": str(self._measuring.device), "lanes": self._measuring.codec_lanes}
        columns = _key_columns(keys, point) | {name: [value] * len(keys) for name, value in values.items()}
        return pa.table({name: columns.get(name, [None] * len(keys)) for name in tables.STREAMS.names}, tables.STREAMS)


def _speeds(encode: float, decode: float, *milliseconds: float) -> dict[str, float | None]:
    names = ("encode_ms", "encode_ms_p95", "decode_ms", "decode_ms_p95")
    known = (None if math.isnan(value) else value for value in milliseconds)
    return {"encode_seconds": encode, "decode_seconds": decode} | dict(zip(names, known, strict=True))


@dataclass(frozen=True)
class _Frame:
    """One frame that everything has spoken about. values: by metric; predictions: by task, its rows."""

    facts: Row
    values: Mapping[str, float]
    predictions: Mapping[str, Sequence[Row]]


class _Sessions:
    """One stream's sessions with all metrics and tasks, and the frames that some of them have not spoken about yet.

    count:  frames that came.
    """

    def __init__(self, measuring: Measuring, at: StreamAt, done: Collection[int]) -> None:
        self.count = 0
        self._done, self._recon = done, measuring.recon
        self._metrics = metrics.open_session(measuring.metrics, at.stream.consecutive, measuring.device)
        self._tasks = {task.name: open_session(task, at.stream) for task in measuring.tasks}
        self._facts: deque[Row] = deque()
        self._values: deque[Mapping[str, float]] = deque()
        self._predictions: dict[str, deque[Sequence[Row]]] = {name: deque() for name in self._tasks}

    def push(self, trip: RoundTrip) -> list[_Frame]:
        """The frames that are known in full after the next round trip."""
        self.count += len(trip.reference)
        self._facts.extend(_facts_of(trip))
        self._take(self._metrics.push(trip.reference.frames, trip.decoded.frames), len(trip.reference))
        for name, session in self._tasks.items():
            self._hear(name, session.push(trip.reference, trip.decoded))
        if self._recon:
            self._recon.save(trip)
        return self._known()

    def finish(self) -> list[_Frame]:
        """The rest."""
        self._take(self._metrics.finish(), len(self._facts) - len(self._values))
        for name, session in self._tasks.items():
            self._hear(name, session.finish())
            if len(self._predictions[name]) != len(self._facts):
                raise self._wrong_count(name)
        return self._known()

    def _hear(self, name: str, rows: Rows) -> None:
        """Rows of the next frames from a task. Raises InvalidValue for more of them than there are frames."""
        waiting = self._predictions[name]
        waiting.extend(rows)
        if len(waiting) > len(self._facts):
            raise self._wrong_count(name)

    def _wrong_count(self, name: str) -> InvalidValue:
        spoken = self.count - len(self._facts) + len(self._predictions[name])
        return wrong_count(name, "session", self.count, spoken)

    def _take(self, values: Mapping[str, torch.Tensor], without_metrics: int) -> None:
        """In one transfer; without any metric there is nothing to know of a frame."""
        if not values:
            self._values.extend([{}] * without_metrics)
            return
        host = torch.stack(list(values.values())).cpu().numpy()
        self._values.extend(dict(zip(values, column, strict=True)) for column in host.T.tolist())

    def _known(self) -> list[_Frame]:
        ready = min(map(len, (self._facts, self._values, *self._predictions.values())))
        frames = [
            _Frame(
                self._facts.popleft(),
                self._values.popleft(),
                {name: waiting.popleft() for name, waiting in self._predictions.items()},
            )
            for _ in range(ready)
        ]
        return [frame for frame in frames if frame.facts["key"].frame not in self._done]


def _facts_of(trip: RoundTrip) -> Iterator[Row]:
    clip = trip.reference
    columns = (clip.keys, trip.frame_types, trip.payload_bits, trip.container_bits, trip.estimated_bits)
    names = ("key", "frame_type", "payload_bits", "container_bits", "estimated_bits")
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True)) | {"width": clip.width, "height": clip.height}


def _frame_tables(measuring: Measuring, point: OperatingPoint, frames: Sequence[_Frame]) -> dict[str, pa.Table]:
    """The rows of `frames` and of each task's predictions. A NaN, a metric that is not defined there, becomes null."""
    columns = _key_columns([frame.facts["key"] for frame in frames], point)
    columns |= {name: [frame.facts[name] for frame in frames] for name in tables.FRAMES.names if name not in columns}
    for name in measuring.metrics:
        columns[name] = pa.array([frame.values[name] for frame in frames], pa.float64(), from_pandas=True)
    rows = {"frames": pa.table(columns, schema=tables.frames_schema(measuring.metrics))}
    return rows | {f"predictions_{task.name}": _prediction_table(task, point, frames) for task in measuring.tasks}


def _prediction_table(task: AnyTask, point: OperatingPoint, frames: Sequence[_Frame]) -> pa.Table:
    keyed = [(frame.facts["key"], row) for frame in frames for row in frame.predictions[task.name]]
    columns = _key_columns([key for key, _ in keyed], point)
    columns |= {name: [row[name] for _, row in keyed] for name in task.schema.names}
    return pa.table(columns, schema=tables.predictions_schema(task.schema))


def _key_columns(keys: Sequence[FrameKey], point: OperatingPoint) -> dict[str, list]:
    count = len(keys)
    return {
        "dataset": [key.dataset for key in keys],
        "item": [key.item for key in keys],
        "frame": [key.frame for key in keys],
        "codec": [point.codec] * count,
        "quality": [point.quality] * count,
        "options": [point.options_text] * count,
    }
