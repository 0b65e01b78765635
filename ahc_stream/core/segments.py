"""The option `segment`: a stream that is cut into closed parts, each coded by an encoder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.protocols import Encoder
from ahc_stream.core.segment import Segment
from ahc_stream.core.stream import Clock, Stream
from ahc_stream.core.unit import Unit


class SegmentedEncoder:
    """Encoders one after another. Their units follow each other as those of one stream, and one decoder reads them.

    begin:    opens the encoder of one part.
    segment:  says where parts begin, by the frames' numbers and times and nothing else.
    """

    def __init__(self, begin: Callable[[], Encoder], segment: Segment, stream: Stream) -> None:
        self._begin, self._segment, self._stream = begin, segment, stream
        self._clock, self._start_tick = Clock(stream), 0
        self._encoder = begin()
        self._header: Mapping[str, Any] | None = None
        self._frames = self._first = self._part = 0
        self.frames_at_once = self._encoder.frames_at_once

    @property
    def header(self) -> Mapping[str, Any]:
        """The first part's."""
        assert self._header is not None, "no unit has come"
        return self._header

    def push(self, clip: Clip) -> Sequence[Unit]:
        """See `Encoder`."""
        units: list[Unit] = []
        for number, piece in self._pieces(clip):
            if number != self._part:
                units += self.finish()
                self._encoder, self._part, self._first = self._begin(), number, self._frames
            units += self._numbered(self._encoder.push(piece))
            self._frames += len(piece)
        return units

    def finish(self) -> Sequence[Unit]:
        """See `Encoder`."""
        return self._numbered(self._encoder.finish())

    def _pieces(self, clip: Clip) -> Iterator[tuple[int, Clip]]:
        """The clip cut where parts begin, with the number of each piece's part."""
        numbers = [self._part_of(self._frames + i, tick) for i, tick in enumerate(self._clock.ticks(clip))]
        for number, frames in groupby(range(len(clip)), key=numbers.__getitem__):
            first, *rest = frames
            yield number, clip[first : first + 1 + len(rest)]

    def _part_of(self, frame: int, tick: int) -> int:
        if frame == 0:
            self._start_tick = tick
        return self._segment.part(frame, float((tick - self._start_tick) * self._stream.time_base))

    def _numbered(self, units: Sequence[Unit]) -> list[Unit]:
        """The units with the frames' numbers in the whole stream."""
        if units and self._header is None:
            self._header = self._encoder.header
        if units and self._encoder.header != self._header:
            raise CodecError(
                "segments of one header", f"{self._encoder.header} after {self._header}", "report this codec"
            )
        return [replace(unit, frame=self._first + unit.frame) for unit in units]
