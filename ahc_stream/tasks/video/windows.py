"""Which frames of a stream a video classifier looks at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Windows:
    """Windows of frames that lie whole within a stream, from its first frame on. Frames are counted from there.

    length:  frames of one window.
    step:    every step-th frame belongs to it.
    stride:  frames of the stream from the start of one window to the next.
    least:   fewest frames that the network can take.
    """

    length: int
    step: int
    stride: int
    least: int

    @property
    def span(self) -> int:
        """Frames of the stream from the first of a window to its last."""
        return (self.length - 1) * self.step + 1

    def begun_at(self, start: int) -> list[int]:
        """The frames of the window that begins at `start`."""
        return list(range(start, start + self.span, self.step))

    def look_at(self, frame: int) -> bool:
        """Whether a window has the frame."""
        first_window = max(0, -(-(frame - self.span + 1) // self.stride))
        starts = range(first_window * self.stride, frame + 1, self.stride)
        return any((frame - start) % self.step == 0 for start in starts)

    def of_short(self, frames: int) -> list[int]:
        """The only window of a stream of fewer frames than `span`: all there is, in steps, and where that is less than
        `least`, gone through again."""
        stepped = list(range(0, frames, self.step))
        length = max(len(stepped), self.least)
        return [stepped[index % len(stepped)] for index in range(length)]
