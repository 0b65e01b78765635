"""Segments: closed parts of a stream, each coded by an encoder of its own, as chunked encoders do."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ahc_stream.core.quality import number_text

NONE = "none"
"""The option's value for a stream that is coded in one piece."""

TAKES = "none, frames as 300, or seconds as 10s or 2.5s"
_FORM = re.compile(r"(\d{1,9})|(\d{1,6}(?:\.\d{1,3})?)s", re.ASCII)
_SLACK = Fraction(1, 1_000_000)  # seconds; times are float64, and 2.5 s may come as 2.4999999999


@dataclass(frozen=True)
class Segment:
    """The length of the parts: in frames where `frames` is set, else in seconds. One of the two is None."""

    frames: int | None = None
    seconds: Fraction | None = None

    @classmethod
    def parse(cls, text: str) -> Segment | None:
        """`300` is frames, `10s` and `2.5s` are seconds, `none` is None. Raises ValueError for anything else."""
        if text == NONE:
            return None
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(text)
        frames, seconds = found.groups()
        segment = cls(frames=int(frames)) if frames else cls(seconds=Fraction(Decimal(seconds)))
        if not (segment.frames or segment.seconds):
            raise ValueError(text)
        return segment

    def part(self, frame: int, seconds: float) -> int:
        """The part that a frame belongs to, from 0. A part begins at the first frame that has its number.

        frame:    number within the stream, from 0, in display order.
        seconds:  time since the stream's first frame. Part k begins with the first frame whose time reaches k times
                  the length, so a gap in time may leave numbers out.
        """
        if self.frames:
            return frame // self.frames
        return math.floor((Fraction(seconds) + _SLACK) / self.seconds)

    def __str__(self) -> str:
        return str(self.frames) if self.frames else f"{number_text(float(self.seconds))}s"


def spelling(text: str) -> str:
    """The one spelling of the option's value. Raises ValueError for what is no segment."""
    return str(Segment.parse(text) or NONE)
