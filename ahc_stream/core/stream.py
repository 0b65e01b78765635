"""A stream: what one encoder codes and one decoder decodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from ahc_stream.core.clip import Clip

MEMORY_TIME_BASE = Fraction(1, 90_000)
"""Of frames made in memory: fine enough for every rate in use, and exact for the usual ones."""


@dataclass(frozen=True)
class Stream:
    """A video, a numbered sequence, or one still. A clip is how much of it travels at once, and means nothing.

    dataset, item:      as in the frames' keys.
    first:              number of its first frame within the item. A change of frame size begins another stream.
    step:               how far the numbers of its frames lie apart: 1, or N where every N-th frame is taken.
    height, width:      of every frame, pixels.
    frames_per_second:  the mean rate, above 0.
    time_base:          seconds per tick; presentation times are whole numbers of ticks.
    consecutive:        True for video; False for a still, which is a stream of one frame.
    """

    dataset: str
    item: str
    first: int
    height: int
    width: int
    frames_per_second: float
    time_base: Fraction
    consecutive: bool
    step: int = 1

    @classmethod
    def begun_by(cls, clip: Clip, frames_per_second: float, time_base: Fraction, step: int = 1) -> Self:
        """The stream that `clip`, the first of it, begins."""
        key = clip.keys[0]
        size = clip.height, clip.width
        return cls(key.dataset, key.item, key.frame, *size, frames_per_second, time_base, clip.consecutive, step)

    @classmethod
    def of(cls, clip: Clip) -> Self:
        """The stream that consists of `clip` alone, which was made in memory."""
        return cls.begun_by(clip, clip.frames_per_second, MEMORY_TIME_BASE)

    def takes(self, clip: Clip) -> bool:
        """Whether `clip` can be a part of it: frames of its size and of its item."""
        key = clip.keys[0]
        same_item = (key.dataset, key.item) == (self.dataset, self.item)
        return same_item and (clip.height, clip.width) == (self.height, self.width)


class Clock:
    """Presentation times as whole, strictly rising numbers of ticks, which is what encoders and containers take.

    Joined recordings let time run back. There the clock goes on from the last frame by one frame's duration, and keeps
    the distances that follow. It looks at no later frame, so a time never depends on how the stream was cut.
    """

    def __init__(self, stream: Stream) -> None:
        self._time_base = stream.time_base
        self._frame = max(1, round(1 / (Fraction(stream.frames_per_second) * stream.time_base)))
        self._shift = 0
        self._last: int | None = None

    def ticks(self, clip: Clip) -> Iterator[int]:
        """The time of each frame of the next clip."""
        for seconds in clip.pts_seconds.tolist():
            tick = round(Fraction(seconds) / self._time_base) + self._shift
            if self._last is not None and tick <= self._last:
                self._shift += self._last + self._frame - tick
                tick = self._last + self._frame
            self._last = tick
            yield tick
