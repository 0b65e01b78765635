"""The bootstrap: which items are drawn how often, and what the drawn values say.

What is drawn is an *item*, an image or a whole video: frames of one video resemble one another, and drawing them one by
one would promise more than the data holds. All operating points, metrics and tasks share the same draws, so that
differences between them are paired (B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8
and 13; intervals are percentiles, see `interval`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ahc_stream.runs.media import Item

LEAST_ITEMS = 3
"""Fewer say nothing about how items differ: no interval."""
FEW_ITEMS = 10
"""Below this percentiles are too narrow (of 3 items, at most 75 % coverage whatever the level): the report says so."""

CEILING = 1.0
FLOORS_OF_VALUE = 0.0, -1.0
"""No share is below 0 or above 1, and a score that may be negative, as MOTA, mostly stays above -1."""
FLOORS_OF_CHANGE = (-1.0,)
"""Of a difference of two shares."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Resamples:
    """items: (dataset, item) in order. draws: float64 [resamples, items], how often each is drawn; each row sums to
    the number of items."""

    items: tuple[Item, ...]
    draws: Floats

    def places(self, items: Iterable[Item]) -> Integers:
        """int64: where each of `items` stands in `self.items`."""
        number_of = {item: number for number, item in enumerate(self.items)}
        return np.array([number_of[item] for item in items], np.int64)


def resample(items: Iterable[Item], count: int, seed: int) -> Resamples:
    """`count` draws with replacement of all `items`, the same for the same items, count and seed."""
    known = tuple(sorted(set(items)))
    chance = np.full(len(known), 1 / max(len(known), 1))
    draws = np.random.default_rng(seed).multinomial(len(known), chance, count)
    return Resamples(known, draws.astype(np.float64))


def interval(
    value: float | None, replicates: Floats | None, level: float, floors: Sequence[float] = FLOORS_OF_VALUE
) -> tuple[float | None, float | None]:
    """The percentile interval of the finite `replicates`, moved so that their mean is `value`; (None, None) without
    two.

    Of a mean the move is nothing. Of a mean over classes it matters: a draw leaves out rare classes and holds other
    images twice, which lifts mAP as a whole, and an interval that lies beside its value helps nobody. The moved
    interval stays in the range of its quantity: it is not above 1 where neither `value` nor any draw is, as of shares
    and their changes, and it is not below the greatest of `floors` that neither is below.
    """
    known = _finite(replicates)
    if known.size < 2 or value is None or not np.isfinite(value):
        return None, None
    percentiles = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    low, high = percentiles + (value - known.mean())
    lowest, highest = min(value, known.min()), max(value, known.max())
    floor = max((floor for floor in floors if floor <= lowest), default=-np.inf)
    ceiling = CEILING if highest <= CEILING else np.inf
    return float(np.clip(low, floor, ceiling)), float(np.clip(high, floor, ceiling))


def standard_error(replicates: Floats, items: int) -> float:
    """Of finite replicates, two or more, over `items`, two or more; widened by sqrt(items / (items - 1)), which the
    bootstrap of few items lacks."""
    return float(replicates.std(ddof=1) * np.sqrt(items / (items - 1)))


def p_value(change: float, replicates: Floats | None, items: int) -> float | None:
    """Two-sided p of "no change": Student's t with items - 1 degrees of freedom, of change / `standard_error`.

    Counting resamples instead could not go below 1 / resamples, and so would never survive a correction for many
    classes. It is never below 2^(1 - items), the least that a sign test of so many items can give: items that all
    change alike leave the bootstrap no spread. 1 where nothing changes; None without replicates.
    """
    from scipy.special import stdtr  # scipy.stats asks the same, and takes half a second to import

    known = _finite(replicates)
    if known.size < 2 or not np.isfinite(change):
        return None
    if change == 0:
        return 1.0
    least = 2.0 ** (1 - items)
    error = standard_error(known, items)
    if error == 0:
        return least
    p = float(2 * stdtr(items - 1, -abs(change) / error))
    return max(least, p)


def _finite(replicates: Floats | None) -> Floats:
    return np.empty(0) if replicates is None else replicates[np.isfinite(replicates)]
