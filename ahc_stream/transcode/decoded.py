"""A coded file on its way back to frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor

from ahc_stream.core.presentation import PLAIN, Presentation


@dataclass(frozen=True, eq=False)
class DecodedClip:
    """Frames of one segment, as many as its decoder gave at once.

    first:   number of the first one in the file.
    frames:  uint8 [N, 3, H, W] RGB on the codec's device.
    ticks:   of video, the time of each; names: of stills, the name of each.
    """

    first: int
    frames: Tensor
    ticks: tuple[int, ...]
    names: tuple[str, ...]

    def part(self, start: int, stop: int) -> DecodedClip:
        """The frames whose numbers in the file are in start <= number < stop."""
        inside = slice(max(0, start - self.first), stop - self.first)
        first = self.first + inside.start
        return DecodedClip(first, self.frames[inside], self.ticks[inside], self.names[inside])


@dataclass(frozen=True, eq=False)
class Decoded:
    """A file that is being decoded.

    clips:         does the work, once.
    count:         frames that will come.
    is_part:       whether the file has more of them.
    notes:         what was noticed about the input of the file, or assumed.
    presentation:  how a player was asked to show the input.
    """

    medium: str
    source: str
    time_base: Fraction
    count: int
    is_part: bool
    clips: Iterator[DecodedClip]
    notes: tuple[str, ...] = ()
    presentation: Presentation = PLAIN
