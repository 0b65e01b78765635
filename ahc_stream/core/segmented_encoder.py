"""The option `segment`: a stream that is cut into closed segments, each coded by an encoder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.protocols import Encoder
from ahc_stream.core.segment_length import SegmentLength
from ahc_stream.core.stream import Clock, Stream
from ahc_stream.core.unit import Unit


class SegmentedEncoder:
    """Encoders one after another. Their units follow each other as those of one stream, and one decoder reads them.

    begin:   opens the encoder of one segment.
    length:  says where segments begin, by the frames' numbers and times and nothing else.
    """

    def __init__(self, begin: Callable[[], Encoder], length: SegmentLength, stream: Stream) -> None:
        self._begin, self._length, self._stream = begin, length, stream
        self._clock, self._start_tick = Clock(stream), 0
        self._encoder = begin()
        self._header: Mapping[str, Any] | None = None
        self._frames = self._first = self._segment = 0
        self.frames_at_once = self._encoder.frames_at_once

    @property
    def header(self) -> Mapping[str, Any]:
        """The first segment's."""
        assert self._header is not None, "no unit has come"
        return self._header

    def push(self, clip: Clip) -> Sequence[Unit]:
        """See `Encoder`."""
        units: list[Unit] = []
        for segment, piece in self._pieces(clip):
            if segment != self._segment:
                units += self.finish()
                self._encoder, self._segment, self._first = self._begin(), segment, self._frames
            units += self._numbered(self._encoder.push(piece))
            self._frames += len(piece)
        return units

    def finish(self) -> Sequence[Unit]:
        """See `Encoder`."""
        return self._numbered(self._encoder.finish())

    def _pieces(self, clip: Clip) -> Iterator[tuple[int, Clip]]:
        """The clip cut where segments begin, with the number of each piece's segment."""
        segments = [self._segment_of(self._frames + i, tick) for i, tick in enumerate(self._clock.ticks(clip))]
        start = 0
        for segment, frames in groupby(segments):
            stop = start + len(list(frames))
            yield segment, clip[start:stop]
            start = stop

    def _segment_of(self, frame: int, tick: int) -> int:
        if frame == 0:
            self._start_tick = tick
        return self._length.segment(frame, float((tick - self._start_tick) * self._stream.time_base))

    def _numbered(self, units: Sequence[Unit]) -> list[Unit]:
        """The units with the frames' numbers in the whole stream."""
        if units and self._header is None:
            self._header = self._encoder.header
        if units and self._encoder.header != self._header:
            got = f"{self._encoder.header} after {self._header}"
            raise CodecError("segments of one header", got, "report this codec")
        return [replace(unit, frame=self._first + unit.frame) for unit in units]
