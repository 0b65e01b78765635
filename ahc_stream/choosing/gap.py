"""How far a point is on the right side of a bound, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ahc_stream.report.resample import Floats, standard_error


@dataclass(frozen=True)
class Gap:
    """The condition is kept where the true gap is not negative.

    value:       of the items at hand.
    items:       images or sequences that it rests on.
    replicates:  float64 [resamples], of the paired bootstrap; None where there are too few items for any.
    is_sampled:  whether the items stand for others. If not, the value is the truth.
    """

    value: float
    items: int
    replicates: Floats | None = None
    is_sampled: bool = True

    @property
    def standard_error(self) -> float | None:
        """Of the value, by the bootstrap; None where nothing is known of it."""
        if not self.is_sampled:
            return 0.0
        known = np.empty(0) if self.replicates is None else self.replicates[np.isfinite(self.replicates)]
        if known.size < 2 or self.items < 2:
            return None
        return standard_error(known, self.items)

    @property
    def p_value(self) -> float:
        """One-sided p of "the true gap is negative": Student's t with items - 1 degrees of freedom, of value over
        standard error, as `report.resample.p_value` has it. It is never below 2^-items, the least that a sign test of
        so many items can give: items that all agree leave the bootstrap no spread."""
        if not self.is_sampled:
            return 0.0 if self.value >= 0 else 1.0
        error = self.standard_error
        if error is None:
            return 1.0
        return max(2.0**-self.items, _upper_tail(self.value, error, self.items))

    @property
    def p_value_of_failure(self) -> float:
        """The same of "the true gap is not negative"."""
        if not self.is_sampled:
            return 1.0 - self.p_value
        error = self.standard_error
        return 1.0 if error is None else max(2.0**-self.items, _upper_tail(-self.value, error, self.items))

    def items_needed(self, level: float) -> int | None:
        """About how many items would confirm it at `level`, if the value and the spread stayed as they are; None where
        no number would, because the value is negative."""
        error = self.standard_error
        if error is None or self.value <= 0 or not math.isfinite(self.value):
            return None
        least = math.ceil(-math.log2(level))
        quantile = _quantile(level, self.items)
        return max(least, math.ceil(self.items * (quantile * error / self.value) ** 2))

    def resolution(self, level: float) -> float | None:
        """The smallest loss that so many items can exclude at `level` where nothing changes at all."""
        error = self.standard_error
        return None if error is None else _quantile(level, self.items) * error


def _upper_tail(value: float, error: float, items: int) -> float:
    from scipy.special import stdtr  # scipy.stats asks the same, and takes half a second to import

    if error == 0:
        return 0.0 if value > 0 else 1.0 if value < 0 else 0.5
    return float(stdtr(items - 1, -value / error))


def _quantile(level: float, items: int) -> float:
    """Of Student's t: what exceeds it has the chance `level`."""
    from scipy.special import stdtrit

    return -float(stdtrit(items - 1, level))
