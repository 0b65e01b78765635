"""The order of codecs at equal quality, by the bits that each needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import METHODS, Curve, curve_of, delta, has_deltas
from ahc_stream.report.dot import curve_names
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import Floats


@dataclass(frozen=True)
class RateGap:
    """Two curves at equal quality. percent: how many more bits `other` needs than `one`, a Bjontegaard delta by
    PCHIP. overlap: the share of the quality range that both cover, 0..1."""

    one: str
    other: str
    percent: float
    overlap: float


@dataclass(frozen=True)
class Rank:
    """The curves of a run at equal values of one quantity.

    order:    names of those that can be compared, the one that needs least bits first; empty where none can.
    gaps:     of each pair of `order` that shares a range, `one` before `other` in `order`.
    refused:  name of a curve that cannot be compared with any of `order` -> the reason.
    """

    quantity: Quantity
    order: tuple[str, ...]
    gaps: tuple[RateGap, ...]
    refused: Mapping[str, str]

    def gap(self, one: str, other: str) -> RateGap | None:
        """None where the two share no range."""
        return next((gap for gap in self.gaps if (gap.one, gap.other) == (one, other)), None)


def rank(analysis: Analysis, quantity: Quantity) -> Rank:
    """The order of the run's curves at equal values of `quantity`; of one without a direction there is none."""
    names = curve_names(analysis.dots)
    if not has_deltas(quantity):
        return Rank(quantity, (), (), {})
    return rank_of({name: curve_of(analysis, quantity, curve) for curve, name in names.items()}, quantity)


def rank_of(curves: Mapping[str, Curve], quantity: Quantity) -> Rank:
    """The order of `curves`, by their names.

    A curve's place is its log rate in the fit of least squares to the log rates of all pairs, each weighted by the
    range that it shares: X. Jiang et al., "Statistical ranking and combinatorial Hodge theory", Mathematical
    Programming 127, 2011. Where all pairs share all of their ranges that is the mean over the others. Deltas of three
    curves need not add up, for each is of another range. Curves that no chain of pairs joins have no common order: the
    largest group is ranked.
    """
    gaps: dict[tuple[str, str], tuple[float, float]] = {}
    reasons: dict[str, str] = {}
    for one, other in combinations(curves, 2):
        row = delta(curves[one], curves[other], METHODS[0])
        rate, overlap = row.get("rate_percent"), row.get("rate_overlap")
        if isinstance(rate, float) and isinstance(overlap, float):
            gaps[one, other] = rate, overlap
        else:
            reason = str(row["refused"] or "the curves share no range of quality")
            reasons |= _reasons(reason, one, other)
    joined = _largest_group(list(curves), list(gaps))
    within = {pair: gap for pair, gap in gaps.items() if pair[0] in joined}
    order = _ordered(joined, within)
    refused = {name: reasons[name] for name in curves if name not in order and name in reasons}
    return Rank(quantity, tuple(order), tuple(_gaps(order, within)), refused)


def _reasons(reason: str, one: str, other: str) -> dict[str, str]:
    """Reason by the curve that it is about; both, where it is about neither alone."""
    for name, subject in ((one, "the anchor "), (other, "the test curve ")):
        if reason.startswith(subject):
            return {name: "it " + reason.removeprefix(subject)}
    return {one: reason, other: reason}


def _largest_group(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The most names that chains of pairs join; none where there is no pair."""
    group_of = {name: {name} for name in names}
    for one, other in pairs:
        joined = group_of[one] | group_of[other]
        for name in joined:
            group_of[name] = joined
    largest = max(group_of.values(), key=len, default=set())
    return [name for name in names if name in largest] if len(largest) > 1 else []


def _ordered(names: Sequence[str], gaps: Mapping[tuple[str, str], tuple[float, float]]) -> list[str]:
    """Names by their fitted log rates, lowest first."""
    if not names:
        return []
    at = {name: place for place, name in enumerate(names)}
    rows: Floats = np.zeros((len(gaps), len(names)))
    values: Floats = np.zeros(len(gaps))
    for number, ((one, other), (percent, overlap)) in enumerate(gaps.items()):
        weight = np.sqrt(overlap)
        rows[number, at[other]], rows[number, at[one]] = weight, -weight
        values[number] = weight * np.log1p(percent / 100)
    fitted = np.linalg.lstsq(rows, values, rcond=None)[0]
    return [names[place] for place in np.argsort(fitted, kind="stable")]


def _gaps(order: Sequence[str], gaps: Mapping[tuple[str, str], tuple[float, float]]) -> list[RateGap]:
    found = []
    for one, other in combinations(order, 2):
        if (one, other) in gaps:
            found.append(RateGap(one, other, *gaps[one, other]))
        elif (other, one) in gaps:
            percent, overlap = gaps[other, one]
            found.append(RateGap(one, other, 100 * (1 / (1 + percent / 100) - 1), overlap))
    return found
