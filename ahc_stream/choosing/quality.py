"""One quantity at one point, as people read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ahc_stream.report import Analysis, Dot, Quantity, shown_decimals


@dataclass(frozen=True)
class Quality:
    """One quantity at one point.

    value:      None where it is undefined.
    change:     against the original's; low, high: its interval at the search's confidence.
    p:          of the condition being broken; None where none is tested.
    is_share:   it is read in hundredths, and its changes in points.
    decimals:   of what is read.
    """

    name: str
    label: str
    value: float | None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    higher_is_better: bool | None = True
    is_share: bool = False
    decimals: int = 4

    @property
    def text(self) -> str:
        """The value, its change against the original, and the interval of that: "37.5 % (+0.1, -1.3 to +1.4)"."""
        if self.value is None:
            return "-"
        value = f"{self._scale * self.value:.{self.decimals}f}{' %' if self.is_share else ''}"
        if self.change is None:
            return value
        ends = () if self.low is None or self.high is None else (self.low, self.high)
        interval = f", {' to '.join(map(self._signed, ends))}" if ends else ""
        return f"{value} ({self._signed(self.change)}{interval})"

    @property
    def _scale(self) -> int:
        return 100 if self.is_share else 1

    def _signed(self, change: float) -> str:
        return f"{self._scale * change:+.{self.decimals}f}"


def quality_at(analysis: Analysis, dot: Dot, quantity: Quantity, p: float | None = None) -> Quality:
    """A quantity of a run's report at one of its points. p: see `Quality`."""
    is_share = analysis.is_share(quantity)
    known = Quality(
        name=quantity.name,
        label=quantity.label,
        value=estimate.value if (estimate := dot.estimates.get(quantity.name)) else None,
        p=p,
        higher_is_better=quantity.higher_is_better,
        is_share=is_share,
        decimals=shown_decimals(quantity, is_share),
    )
    change = dot.changes.get(quantity.name)
    return replace(known, change=change.value, low=change.low, high=change.high) if change else known
