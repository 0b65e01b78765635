"""What travels between the stages: a stream's clips, before and after its codec, and the stream's end.

open -Work, End> codec -Coded, End> measure -Measured> run folder        and from any stage a Failure
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import Facts, RoundTrip
from ahc_stream.core.stream import Stream


@dataclass(frozen=True)
class StreamAt:
    """A stream at an operating point: the key that keeps its clips in one lane and in order."""

    stream: Stream
    point: OperatingPoint

    def __str__(self) -> str:
        return f"{self.stream.dataset}/{self.stream.item} at {self.point}"


@dataclass(frozen=True, eq=False)
class Work:
    """The next clip of a stream, to be coded; or, where it is not consecutive, stills that share nothing but a batch."""

    at: StreamAt
    clip: Clip


@dataclass(frozen=True, eq=False)
class Coded:
    """A clip that has gone through the codec and back.

    is_tail:  it came out because the stream has ended, or its codec has failed. Where that was early, these frames depend
              on where.
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


def key_of(thing: Any) -> StreamAt | None:
    """What keeps a thing to its lane: nothing for stills and failures."""
    consecutive = isinstance(thing, (Work, Coded)) and thing.at.stream.consecutive
    return thing.at if consecutive else None


class Done(Protocol):
    """What earlier starts have done: see `runs.done`."""

    def item(self, item: Item, points: Iterable[OperatingPoint]) -> bool: ...

    def stream(self, dataset: str, item: str, first: int, point: OperatingPoint) -> bool: ...

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> Collection[int]: ...


class NothingDone:
    """Of a run that keeps nothing."""

    def item(self, item: Item, points: Iterable[OperatingPoint]) -> bool:
        return False

    def stream(self, dataset: str, item: str, first: int, point: OperatingPoint) -> bool:
        return False

    def frames(self, dataset: str, item: str, first: int, point: OperatingPoint) -> Collection[int]:
        return ()
