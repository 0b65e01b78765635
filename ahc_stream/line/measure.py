"""measure: round trips of a stream -> rows, as Arrow tables: rates, metrics, predictions, and one row when it ends.

Metrics and tasks may remember earlier frames and wait for later ones, so each stream has a session with them, and a
frame's rows come when all of them have spoken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ahc_stream import tables
from ahc_stream.core.clip import FrameKey
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.lanes import End
from ahc_stream.line.rows import frame_tables, speed_columns, stream_table
from ahc_stream.line.sessions import MeasuredFrame, MeasureSettings, StreamSessions
from ahc_stream.line.work import CodecOutput, CodedClip, EarlierWork, Ending, StreamAt


@dataclass(frozen=True)
class Measurement:
    """Rows of some frames of a stream at one operating point: table name -> Arrow table (schemas in `tables`).

    tables:         has "streams" when the stream has ended.
    codec_seconds:  that encoder and decoder took since the measurement before.
    """

    at: StreamAt
    tables: tables.Rows
    codec_seconds: float = 0.0

    @property
    def point(self) -> OperatingPoint:
        return self.at.point

    @property
    def frames(self) -> int:
        """Frames whose rows these are."""
        return int(self.tables["frames"].num_rows)


class MeasureStep:
    """The step of one lane, with the streams that it measures. It leaves out rows that earlier starts have made."""

    def __init__(self, settings: MeasureSettings, earlier: EarlierWork) -> None:
        self._settings, self._earlier = settings, earlier
        self._open: dict[StreamAt, StreamSessions] = {}
        self._tails: dict[StreamAt, list[MeasuredFrame]] = {}
        self._seconds: defaultdict[StreamAt, float] = defaultdict(float)  # of frames that have no rows yet

    def __call__(self, message: CodecOutput) -> Iterator[Measurement | Failure | ItemNote]:
        match message:
            case CodedClip(at, trip) if at.stream.consecutive:
                frames = self._sessions(at).push(trip)
                self._seconds[at] += trip.encode_seconds + trip.decode_seconds
                if message.is_tail:
                    self._tails.setdefault(at, []).extend(frames)
                elif frames:
                    rows = frame_tables(self._settings, at.point, frames)
                    yield Measurement(at, rows, self._seconds.pop(at))
            case CodedClip(at, trip):
                yield self._stills(at, trip)
            case End(at, ending):
                yield self._end(at, ending)
            case _:
                yield message

    def _sessions(self, at: StreamAt) -> StreamSessions:
        if at not in self._open:
            stream = at.stream
            finished = self._earlier.frames(stream.dataset, stream.item, stream.first, at.point)
            self._open[at] = StreamSessions(self._settings, stream, finished)
        return self._open[at]

    def _stills(self, at: StreamAt, trip: RoundTrip) -> Measurement:
        """Each still is a stream that begins and ends here; they share a batch and its seconds."""
        sessions = StreamSessions(self._settings, at.stream, finished=())
        rows = frame_tables(self._settings, at.point, [*sessions.push(trip), *sessions.finish()])
        stills = len(trip.reference)
        encode, decode = trip.encode_seconds / stills, trip.decode_seconds / stills
        facts: dict[str, Any] = {
            "frames": 1,
            "complete": True,
            "final": True,
            "consecutive": False,
            "delay_frames": 0,
            "source": trip.reference.source,
            **speed_columns(encode, decode, (1000 * encode, 1000 * encode), (1000 * decode, 1000 * decode)),
        }
        streams = stream_table(self._settings, trip.reference.keys, at.point, facts)
        return Measurement(at, rows | {"streams": streams}, trip.encode_seconds + trip.decode_seconds)

    def _end(self, at: StreamAt, ending: Ending) -> Measurement:
        """The stream's own row, in one piece with the rows of its tail: a kill between the two would leave frames that
        depend on where the stream ended, and nothing that says so."""
        sessions = self._sessions(at)
        rows = frame_tables(self._settings, at.point, [*self._tails.pop(at, []), *sessions.finish()])
        del self._open[at]
        facts: dict[str, Any] = {
            "frames": sessions.count,
            "complete": ending.complete,
            "final": ending.final,
            "consecutive": True,
            "source": ending.source,
        }
        if ending.facts is not None:
            facts["duration_seconds"] = ending.facts.duration_seconds
            facts["delay_frames"] = ending.facts.delay_frames
            facts |= speed_columns(
                ending.facts.encode_seconds,
                ending.facts.decode_seconds,
                (ending.facts.encode_ms, ending.facts.encode_ms_p95),
                (ending.facts.decode_ms, ending.facts.decode_ms_p95),
            )
        first = FrameKey(at.stream.dataset, at.stream.item, at.stream.first)
        streams = stream_table(self._settings, [first], at.point, facts)
        return Measurement(at, rows | {"streams": streams}, self._seconds.pop(at, 0.0))
