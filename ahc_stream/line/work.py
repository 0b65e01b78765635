"""What travels between the stages: a stream's clips, before and after its codec, and the stream's end.

    open -Work, End> codec -CodedClip, End> measure -Measurement> run folder

and from any stage a Failure or an ItemNote, which later stages hand on as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import Facts, RoundTrip
from ahc_stream.core.stream import Stream
from ahc_stream.lanes import End


@dataclass(frozen=True)
class StreamAt:
    """A stream at an operating point: the key that keeps its clips in one lane and in order."""

    stream: Stream
    point: OperatingPoint

    def __str__(self) -> str:
        return f"{self.stream.dataset}/{self.stream.item} at {self.point}"


@dataclass(frozen=True, eq=False)
class Work:
    """The next clip of a stream, to be coded; or, where it is not consecutive, stills that share a batch."""

    at: StreamAt
    clip: Clip


@dataclass(frozen=True, eq=False)
class CodedClip:
    """A clip that has gone through the codec and back.

    is_tail:  it came out because the stream has ended, or its codec has failed. Where that was early, these frames
              depend on where.
    """

    at: StreamAt
    trip: RoundTrip
    is_tail: bool = False


@dataclass(frozen=True)
class Ending:
    """The note of a stream's `lanes.End`.

    complete:  False where damage or the codec ended it early.
    final:     it is the last stream of its item.
    source:    what decoded it.
    facts:     what the codec took; set by the stage `codec`.
    """

    complete: bool
    final: bool
    source: str
    facts: Facts | None = None


StreamEnd: TypeAlias = End[StreamAt, Ending]
OpenOutput: TypeAlias = Work | StreamEnd | Failure | ItemNote
CodecOutput: TypeAlias = CodedClip | StreamEnd | Failure | ItemNote


def key_of(message: OpenOutput | CodecOutput) -> StreamAt | None:
    """What keeps a message to its lane: nothing for stills and failures."""
    if isinstance(message, Work | CodedClip) and message.at.stream.consecutive:
        return message.at
    return None


class EarlierWork(Protocol):
    """What earlier starts have done: see `runs.done`."""

    def item(self, item: Item, points: Iterable[OperatingPoint]) -> bool: ...

    def stream(self, dataset: str, item: str, first: int, point: OperatingPoint) -> bool: ...

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> Collection[int]: ...


class NoEarlierWork:
    """Of a run that keeps nothing."""

    def item(self, item: Item, points: Iterable[OperatingPoint]) -> bool:
        return False

    def stream(self, dataset: str, item: str, first: int, point: OperatingPoint) -> bool:
        return False

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> Collection[int]:
        return ()
