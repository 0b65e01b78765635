"""Which codec to take, and what it costs: what a report begins with, computed from an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot, curve_names
from ahc_stream.report.knee import knee
from ahc_stream.report.loss import Loss, cheapest, cheapest_for_sure, losses, margin_of
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.rank import Rank, rank


@dataclass(frozen=True)
class Cost:
    """What a task's leading score loses. losses: at every point that has a change against the original, by rate.
    margin: how much is little, in the score's unit. curves: names of the run's curves."""

    quantity: Quantity
    margin: float
    losses: tuple[Loss, ...]
    curves: Mapping[str, str]

    @property
    def cheapest(self) -> Loss | None:
        """The lowest rate of all within the margin, by its estimate."""
        return cheapest(self.losses, self.margin)

    @property
    def cheapest_for_sure(self) -> Loss | None:
        """The lowest rate of all whose interval excludes a greater loss than the margin."""
        return cheapest_for_sure(self.losses, self.margin)

    def of_curve(self, name: str) -> list[Loss]:
        return [loss for loss in self.losses if self.curves[loss.dot.curve] == name]


@dataclass(frozen=True)
class Recommendation:
    """ranks: at equal values of each task's leading score, then of the leading metric. costs: of each task's leading
    score. knees: name of a quantity of `ranks` -> name of a curve -> its knee."""

    ranks: tuple[Rank, ...]
    costs: tuple[Cost, ...]
    knees: Mapping[str, Mapping[str, Dot]]

    @property
    def leading(self) -> Rank | None:
        """At equal values of the first task's score; of the metric, in a run without tasks."""
        return self.ranks[0] if self.ranks else None


def decide(analysis: Analysis) -> Recommendation:
    """Without the package bjontegaard (the extra `report`) no codec is ranked, and `Rank.refused` says so."""
    scores = [score for task in analysis.tasks if (score := analysis.leading_score(task))]
    metric = analysis.leading_metric
    shown = [*scores, *([metric] if metric else [])]
    names = curve_names(analysis.dots)
    return Recommendation(
        ranks=tuple(rank(analysis, quantity) for quantity in shown),
        costs=tuple(_cost(analysis, score, names) for score in scores if score.higher_is_better is not None),
        knees={quantity.name: _knees(analysis, quantity, names) for quantity in shown},
    )


def _cost(analysis: Analysis, score: Quantity, names: Mapping[str, str]) -> Cost:
    before = analysis.original.value(score) if analysis.original else None
    found = [] if score.higher_is_better and before == 0 else losses(analysis, score)  # of nothing, nothing is lost
    return Cost(score, margin_of(analysis, score), tuple(found), names)


def _knees(analysis: Analysis, quantity: Quantity, names: Mapping[str, str]) -> dict[str, Dot]:
    found = {}
    for curve, name in names.items():
        values = [(dot, dot.value(quantity)) for dot in analysis.dots if dot.curve == curve and dot.bpp > 0]
        known = sorted(((dot, value) for dot, value in values if value is not None), key=lambda pair: pair[0].bpp)
        sign = 1.0 if quantity.higher_is_better else -1.0
        place = knee(np.array([dot.bpp for dot, _ in known]), np.array([sign * value for _, value in known]))
        if place is not None:
            found[name] = known[place][0]
    return found
