"""What the quality of an operating point means: a knob of the codec's own, or a bit rate."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.quality import number_text, rate_text

CONTROL = "control"
"""The option that says what a point's quality is: a knob of the codec's own, or its bit rate."""

BIT_RATE = "bitrate"
"""The value of `control` for a quality in kbit per second."""

LOSSLESS = "lossless"
"""What may be written behind the `@` for the quality that loses nothing."""

OWN_DEFAULTS = "default"
"""The value of `control` for a point without a quality: the encoder's own defaults decide."""


@dataclass(frozen=True)
class Knob:
    """A quality of a codec: what it is called where it comes from, its range, and which way is better.

    defaults:  the qualities that stand for the codec where none is named; empty where none would make sense.
    whole:     it takes whole numbers only.
    control:   the value of the option `control` that chooses this knob; "" where the codec has only one.
    lossless:  the quality that gives every frame back bit for bit, in the range or beside it; None where there is none.
    """

    name: str
    low: float
    high: float
    defaults: tuple[float, ...]
    higher_is_better: bool
    whole: bool = True
    control: str = ""
    lossless: float | None = None

    @property
    def takes(self) -> str:
        """The range in words, for messages and listings."""
        kind = "a whole number" if self.whole else "a number"
        low, high = self.text(self.low), self.text(self.high)
        better = "higher" if self.higher_is_better else "lower"
        if self.lossless is None:
            return f"{kind} {low}..{high} ({self.name}, {better} is better)"
        lossless = f"{self.text(self.lossless)} or {LOSSLESS} for no loss at all"
        return f"{kind} {low}..{high} ({self.name}, {better} is better), {lossless}"

    @property
    def example(self) -> str:
        """A quality that it takes, as it is written."""
        return self.text(self.defaults[0] if self.defaults else self.low)

    def text(self, quality: float) -> str:
        """A quality as it is written behind the `@`."""
        return number_text(quality)

    def check(self, codec: str, quality: float) -> float:
        """`quality`, where the codec takes it; else InvalidValue."""
        if quality == self.lossless:
            return quality
        if not self.low <= quality <= self.high or (self.whole and quality != int(quality)):
            raise InvalidValue(f"for {codec} {self.takes}", f"quality {quality:g}", f"write {codec}@{self.example}")
        return quality


@dataclass(frozen=True)
class BitRate(Knob):
    """A target in whole kbit per second, written `500k` or `1.5M`."""

    @property
    def takes(self) -> str:
        """The form in words."""
        return f"a bit rate as {self.example} or 1.5M, in whole kbit/s (higher is better)"

    @property
    def example(self) -> str:
        """A rate of a small video."""
        return "500k"

    def text(self, quality: float) -> str:
        """`500k`, `1.5M`."""
        return rate_text(quality)
