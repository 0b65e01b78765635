"""codec: clips of a stream -> round trips, as its encoder and decoder give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import torch

from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import Coding, Facts, RoundTrip, roundtrip
from ahc_stream.core.sessions import AnyCodec
from ahc_stream.lanes import End
from ahc_stream.line.work import CodecOutput, CodedClip, OpenOutput, StreamAt, StreamEnd, Work


class CodecStep:
    """The step of one lane: its own codecs, made when they are first needed, and the streams that are open in them.

    make:  a codec for an operating point.
    """

    def __init__(self, make: Callable[[OperatingPoint], AnyCodec], device: torch.device) -> None:
        self._make, self._device = make, device
        self._codecs: dict[OperatingPoint, AnyCodec] = {}
        self._open: dict[StreamAt, Coding] = {}
        self._failed: dict[StreamAt, Facts | None] = {}

    def __call__(self, message: OpenOutput) -> Iterator[CodecOutput]:
        match message:
            case Work(at, clip) if at.stream.consecutive:
                yield from self._push(at, clip)
            case Work(at, clip):
                yield from self._stills(at, clip)
            case End():
                yield from self._end(message)
            case _:
                yield message

    def _push(self, at: StreamAt, clip: Clip) -> Iterator[CodecOutput]:
        """After a failure the rest of the stream is passed over; other points and streams go on."""
        if at in self._failed:
            return
        try:
            if at not in self._open:
                self._open[at] = Coding(self._codec(at.point), at.stream, self._device)
            for trip in self._open[at].push(clip):
                yield _coded(at, trip)
        except CodecError as error:
            yield from self._fail(at, error)

    def _end(self, end: StreamEnd) -> Iterator[CodecOutput]:
        at, ending = end.key, end.note
        if at in self._open:
            try:
                for trip in self._open[at].finish():
                    yield _coded(at, trip, is_tail=True)
            except CodecError as error:
                yield from self._fail(at, error)
        coding = self._open.pop(at, None)
        failed = at in self._failed
        facts = self._failed.pop(at, None) if coding is None else coding.facts()
        yield End(at, replace(ending, complete=ending.complete and not failed, facts=facts))

    def _fail(self, at: StreamAt, error: CodecError) -> Iterator[CodecOutput]:
        """What came back before the failure, which depends on where that is, and the failure."""
        coding = self._open.pop(at, None)
        if coding is not None:
            with suppress(CodecError):  # a second fault of the same codec: the first one is told
                for trip in coding.salvage():
                    yield _coded(at, trip, is_tail=True)
        self._failed[at] = coding.facts() if coding else None
        key = coding.next_key if coding else FrameKey(at.stream.dataset, at.stream.item, at.stream.first)
        yield Failure(key.dataset, key.item, "codec", error, key, at.point)

    def _stills(self, at: StreamAt, clip: Clip) -> Iterator[CodecOutput]:
        """As one batch. Where that fails, one by one: a still that cannot be coded leaves the others be."""
        try:
            yield _coded(at, roundtrip(self._codec(at.point), clip))
        except CodecError as error:
            if len(clip) == 1:
                key = clip.keys[0]
                yield Failure(key.dataset, key.item, "codec", error, key, at.point)
                return
            for i in range(len(clip)):
                yield from self._stills(at, clip[i : i + 1])

    def _codec(self, point: OperatingPoint) -> AnyCodec:
        if point not in self._codecs:
            self._codecs[point] = self._make(point)
        return self._codecs[point]


def _coded(at: StreamAt, trip: RoundTrip, is_tail: bool = False) -> CodedClip:
    """At the point that was asked for: a codec of a user's own may call itself something else."""
    return CodedClip(at, replace(trip, point=at.point), is_tail)
