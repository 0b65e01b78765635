"""A stream's units as segments of a file: whole closed GOPs, each decodable without the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ahc_stream.container import Segment
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.sessions import AnyCodec, open_encoder
from ahc_stream.core.stream import Clock, Stream
from ahc_stream.core.unit import Unit

LEAST_FRAMES = 16
"""A segment has as many frames or more, unless it is the last: short GOPs share one, for each costs some framing."""


class Segmenter:
    """Encodes one stream, and cuts what comes before its key frames."""

    def __init__(self, codec: AnyCodec, stream: Stream) -> None:
        self.stream = stream
        self._name, self._encoder = codec.point.codec, open_encoder(codec, stream)
        self._clock = Clock(stream)
        self._ticks: list[int] = []  # of the frames from the segment's first on
        self._units: list[Unit] = []

    def push(self, clip: Clip) -> Iterator[Segment]:
        """The segments that are complete after the next frames."""
        self._ticks += self._clock.ticks(clip)
        yield from self._cut(self._encoder.push(clip))

    def finish(self) -> Iterator[Segment]:
        """The rest."""
        yield from self._cut(self._encoder.finish())
        if self._units:
            yield self._segment()

    def _cut(self, units: Sequence[Unit]) -> Iterator[Segment]:
        for unit in units:
            if unit.key and len(self._units) >= LEAST_FRAMES:
                yield self._segment()
            self._units.append(unit)

    def _segment(self) -> Segment:
        """The units so far, which are those of the frames next in display order: GOPs are closed."""
        count, first = len(self._units), min(unit.frame for unit in self._units)
        units = tuple(replace(unit, frame=unit.frame - first) for unit in self._units)
        ticks = tuple(self._ticks[:count])
        self._units, self._ticks = [], self._ticks[count:]
        bitstream = Bitstream(self._name, self._encoder.header, units)
        return Segment(bitstream, self.stream.height, self.stream.width, ticks=ticks)
