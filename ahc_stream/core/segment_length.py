"""The option `segment`: how long the closed parts of a stream are that are each coded by an encoder of their own."""

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
class SegmentLength:
    """The length of every part, above 0: frames where it is an int, seconds where it is a Fraction."""

    amount: int | Fraction

    @classmethod
    def parse(cls, text: str) -> SegmentLength | None:
        """`300` is frames, `10s` and `2.5s` are seconds, `none` is None. Raises ValueError for anything else."""
        if text == NONE:
            return None
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(text)
        frames, seconds = match.groups()
        length = cls(int(frames) if frames else Fraction(Decimal(seconds)))
        if not length.amount:
            raise ValueError(text)
        return length

    def segment(self, frame: int, seconds: float) -> int:
        """The segment that a frame belongs to, from 0. A segment begins at the first frame that has its number.

        frame:    number within the stream, from 0, in display order.
        seconds:  time since the stream's first frame. Segment k begins with the first frame whose time reaches k times
                  the length, so a gap in time may leave numbers out.
        """
        if isinstance(self.amount, int):
            return frame // self.amount
        return math.floor((Fraction(seconds) + _SLACK) / self.amount)

    def __str__(self) -> str:
        return str(self.amount) if isinstance(self.amount, int) else f"{number_text(float(self.amount))}s"


def spelling(text: str) -> str:
    """The one spelling of the option's value. Raises ValueError for what is no length."""
    return str(SegmentLength.parse(text) or NONE)
