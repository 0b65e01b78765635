"""What a task loses at each operating point against the uncompressed original, and where that is little enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot
from ahc_stream.report.quantity import Quantity

MARGIN_OF_SHARES = 0.01
"""One point of a score that is a share of one."""
ROUNDING = 1 + 1e-9
"""So that 0.90 - 0.89 is within a point."""


@dataclass(frozen=True)
class Loss:
    """What one operating point costs a score: positive where it is worse than the original, in the score's unit.

    low, high:  interval of `value`, of this one point: it knows nothing of how many points it was chosen from. None
                without one.
    """

    dot: Dot
    value: float
    low: float | None
    high: float | None

    def is_within(self, margin: float) -> bool:
        return self.value <= margin * ROUNDING

    def excludes_more_than(self, margin: float) -> bool:
        """Whether the whole interval is within `margin`: not inferior, as trials call it (G. Piaggio et al., "Reporting
        of Noninferiority and Equivalence Randomized Trials", JAMA 308, 2012)."""
        return self.high is not None and self.high <= margin * ROUNDING


def losses(analysis: Analysis, quantity: Quantity) -> list[Loss]:
    """The loss of a score at every operating point that has a change against the original, by rate."""
    found = []
    for dot in analysis.dots:
        change = dot.changes.get(quantity.name)
        if change is None or dot.is_original or dot.bpp <= 0:
            continue
        if quantity.higher_is_better:
            low, high = (None, None) if change.low is None or change.high is None else (-change.high, -change.low)
            found.append(Loss(dot, -change.value, low, high))
        else:
            found.append(Loss(dot, change.value, change.low, change.high))
    return sorted(found, key=lambda loss: loss.dot.bpp)


def margin_of(analysis: Analysis, quantity: Quantity) -> float:
    """How much loss is little: a point of a share, a hundredth of the original's value of another score."""
    original = analysis.original.value(quantity) if analysis.original else None
    return MARGIN_OF_SHARES if analysis.is_share(quantity) or not original else abs(original) / 100


def cheapest(losses: Sequence[Loss], margin: float) -> Loss | None:
    """The lowest rate whose loss is within `margin` by its estimate. losses: by rate."""
    return next((loss for loss in losses if loss.is_within(margin)), None)


def cheapest_for_sure(losses: Sequence[Loss], margin: float) -> Loss | None:
    """The lowest rate whose interval excludes a greater loss than `margin`. losses: by rate."""
    return next((loss for loss in losses if loss.excludes_more_than(margin)), None)


def items_needed(loss: Loss, margin: float, items: int) -> int | None:
    """About how many items the interval of `loss` needs to exclude more than `margin`, if further items are as these.

    items:  how many it rests on. Its half width falls with their square root. None without an interval, and where the
    estimate itself is not below the margin: no number of items would do.
    """
    if loss.high is None or loss.value >= margin:
        return None
    return math.ceil(items * ((loss.high - loss.value) / (margin - loss.value)) ** 2)
