"""What a search is for: the lowest rate that keeps some conditions, or the best quality within a rate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from ahc_stream.choosing.condition import Condition
from ahc_stream.choosing.gap import Gap
from ahc_stream.choosing.quality import quality_at
from ahc_stream.core.errors import InvalidValue
from ahc_stream.report import Analysis, Dot, Quantity, paired_estimates


class Wish(Protocol):
    """lowest_first: whether a curve is searched for its lowest quality that passes, or for its highest."""

    @property
    def lowest_first(self) -> bool: ...

    @property
    def is_sampled(self) -> bool:
        """Whether a part of the items can decide anything."""
        ...

    def gaps(self, analysis: Analysis, dot: Dot) -> list[Gap | None]:
        """One for each condition; None where it has no value at the point."""
        ...

    def describe(self, analysis: Analysis, dot: Dot) -> list[str]:
        """What a point has of what is asked, for a line of progress."""
        ...


@dataclass(frozen=True)
class Keep:
    """The lowest quality that keeps all conditions."""

    conditions: tuple[Condition, ...]
    lowest_first: bool = True

    @property
    def is_sampled(self) -> bool:
        return any(condition.is_sampled for condition in self.conditions)

    def gaps(self, analysis: Analysis, dot: Dot) -> list[Gap | None]:
        """Raises InvalidValue where the run has no such quantity at any point."""
        return [self._gap(analysis, dot, condition) for condition in self.conditions]

    def describe(self, analysis: Analysis, dot: Dot) -> list[str]:
        quantities = [quantity_of(analysis, each.family, each.score) for each in self.conditions]
        qualities = [quality_at(analysis, dot, quantity) for quantity in quantities]
        return [f"{each.name} {quality.text}" for each, quality in zip(self.conditions, qualities, strict=True)]

    def __str__(self) -> str:
        return " and ".join(condition.text for condition in self.conditions)

    def _gap(self, analysis: Analysis, dot: Dot, condition: Condition) -> Gap | None:
        quantity = quantity_of(analysis, condition.family, condition.score)
        after, before = paired_estimates(analysis, dot, quantity)
        return None if after is None else condition.gap(after, before)


@dataclass(frozen=True)
class Within:
    """The highest quality whose rate is no more than `most`, in `unit`: a column of the operating points."""

    most: float
    unit: str
    lowest_first: bool = False
    is_sampled: bool = False

    def gaps(self, analysis: Analysis, dot: Dot) -> list[Gap | None]:
        """Raises InvalidValue where the run has no such rate: stills have no bits per second."""
        rate = dot.row.get(self.unit)
        if rate is None and self.unit == "kbit_s":
            raise InvalidValue("a rate per second of video", f"--at {self.most:g}kbit/s of images", "write --at 0.5bpp")
        return [None if rate is None else Gap(self.most - float(rate), analysis.items, is_sampled=False)]

    def describe(self, analysis: Analysis, dot: Dot) -> list[str]:
        return [f"{dot.row[self.unit]:.1f} kbit/s"] if self.unit == "kbit_s" else []

    def __str__(self) -> str:
        return f"at most {self.most:g} {self.unit.replace('_', '/')}"


@dataclass(frozen=True)
class CodingLimits:
    """encode_ms: per frame, the median over streams. delay: frames before the first coded one. None: no limit."""

    encode_ms: float | None = None
    delay: int | None = None

    def gaps(self, dot: Dot) -> list[Gap]:
        """One for each limit: how far the point is below it."""
        pairs = ((self.encode_ms, "encode_ms"), (self.delay, "delay_frames"))
        return [
            Gap(most - float(dot.row.get(name) or 0), 1, is_sampled=False) for most, name in pairs if most is not None
        ]

    def broken(self, dot: Dot) -> bool:
        """Whether the point breaks any."""
        return any(gap.value < 0 for gap in self.gaps(dot))


_RATE = re.compile(r"(?P<number>\d*\.?\d+)\s*(?P<unit>bpp|kbit/s|Mbit/s|k|M)")
_UNITS = {"bpp": ("bpp", 1.0), "kbit/s": ("kbit_s", 1.0), "k": ("kbit_s", 1.0)}
_MEGA = ("kbit_s", 1000.0)


def within(text: str) -> Within:
    """`500kbit/s`, `1.5Mbit/s`, `500k`, `0.2bpp`. Raises InvalidValue for another form."""
    match = _RATE.fullmatch(text.strip())
    if not match or float(match["number"]) <= 0:
        raise InvalidValue("a rate such as 500kbit/s, 1.5Mbit/s or 0.2bpp", repr(text), "write --at 500kbit/s")
    unit, factor = _UNITS.get(match["unit"], _MEGA)
    return Within(float(match["number"]) * factor, unit)


def quantity_of(analysis: Analysis, family: str, score: str) -> Quantity:
    """The quantity of a run's report. Raises InvalidValue where it has none."""
    for quantity in analysis.quantities:
        if (quantity.family, quantity.score) == (family, score):
            return quantity
    names = ", ".join(quantity.name for quantity in analysis.quantities) or "nothing"
    raise InvalidValue(f"{family} {score} among what the run measures", names, "name a metric or a score of these")


def best_of(analysis: Analysis) -> Quantity | None:
    """The quantity that points within a rate are ranked by: the first task's leading score, else the leading metric."""
    scores = (analysis.leading_score(task) for task in analysis.tasks)
    return next((score for score in scores if score), analysis.leading_metric)
