"""Bjontegaard deltas: one number for the distance between two curves, or the reason why there is none.

Definitions: G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001, with Akima or
PCHIP instead of a cubic polynomial (C. Herglotz et al., "Beyond Bjontegaard", ICIP 2022), as the package `bjontegaard`
computes them. The rate is bpp on a logarithmic axis.

A score of a task is no smooth function of the rate: it rises and falls with every box that is found or lost. So a task's
curve is first fitted by the nearest curve that only rises (isotonic regression of equal weights: R. Barlow et al.,
"Statistical Inference under Order Restrictions", 1972), and points that the fit makes equal become one, at the geometric
mean of their rates. The table says so. Metrics are taken as they are, and refused where they fall.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pyarrow as pa

from ahc_stream.core.errors import MissingExtra
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.quantity import METRIC, Quantity

METHODS = ("akima", "pchip")
LEAST_POINTS = 4
GOOD_OVERLAP = 0.75
"""Below this the package warns: most of what is averaged over is known of one curve only."""

DELTAS = pa.schema(
    [
        ("quantity", pa.string()),
        ("label", pa.string()),
        ("anchor", pa.string()),  # codec and options of the curve that is compared with
        ("test", pa.string()),
        ("method", pa.string()),
        ("rate_percent", pa.float64()),  # mean rate difference at equal quality; negative: test needs less
        ("rate_overlap", pa.float64()),  # share of the quality range that both curves cover
        ("gain", pa.float64()),  # mean difference of the quantity at equal rate, in its unit, test - anchor
        ("gain_overlap", pa.float64()),  # share of the range of log rates
        ("anchor_points", pa.int32()),  # after the fit
        ("test_points", pa.int32()),
        ("monotone_fit", pa.bool_()),
        ("refused", pa.string()),  # the reason, where there is no number; null where there is one
    ]
)


@dataclass(frozen=True)
class Curve:
    """bpp and quality, float64 [points], both rising; quality is negated where lower is better."""

    bpp: np.ndarray
    quality: np.ndarray


def deltas(analysis: Analysis) -> pa.Table:
    """DELTAS of every pair of curves of the run, in both directions, for each metric and each task's headline scores."""
    curves = list(dict.fromkeys(dot.curve for dot in analysis.dots if not dot.is_original))
    wanted = [each for each in analysis.quantities if each.headline and each.higher_is_better is not None]
    rows = [row for each in wanted for row in between(each, {name: curve_of(analysis, each, name) for name in curves})]
    return pa.Table.from_pylist(rows, schema=DELTAS)


def between(quantity: Quantity, curves: Mapping[str, Curve]) -> Iterator[dict]:
    """Rows of DELTAS for every pair of `curves`, by their names."""
    sign = 1.0 if quantity.higher_is_better else -1.0
    for anchor, test in permutations(curves, 2):
        for method in METHODS:
            row = {"quantity": quantity.name, "label": quantity.label, "anchor": anchor, "test": test, "method": method}
            yield row | {"monotone_fit": quantity.family != METRIC} | delta(curves[anchor], curves[test], method, sign)


def curve_of(analysis: Analysis, quantity: Quantity, name: str) -> Curve:
    """The operating points of one curve, by rate; those without a finite value are left out."""
    found = [
        (dot.row["bpp"], dot.estimates[quantity.name].value)
        for dot in analysis.dots
        if dot.curve == name and quantity.name in dot.estimates
    ]
    finite = [(bpp, value) for bpp, value in found if value is not None and np.isfinite(value) and bpp > 0]
    bpp, values = np.array(sorted(finite), np.float64).reshape(-1, 2).T
    curve = Curve(bpp, values if quantity.higher_is_better else -values)
    return curve if quantity.family == METRIC else risen(curve)


def risen(curve: Curve) -> Curve:
    """The curve's isotonic fit, each of its levels one point."""
    rates, levels, counts = [], [], []
    for rate, value in zip(np.log(curve.bpp), curve.quality, strict=True):
        rates.append(rate)
        levels.append(value)
        counts.append(1)
        while len(levels) > 1 and levels[-2] >= levels[-1]:
            for column in (rates, levels):
                column[-2:] = [np.average(column[-2:], weights=counts[-2:])]
            counts[-2:] = [sum(counts[-2:])]
    return Curve(np.exp(np.array(rates)), np.array(levels))


def delta(anchor: Curve, test: Curve, method: str, sign: float = 1.0) -> dict[str, float | int | str | None]:
    """The numbers of one row of DELTAS. sign: -1 where `quality` is negated."""
    row = {"anchor_points": len(anchor.bpp), "test_points": len(test.bpp), "refused": _refusal(anchor, test)}
    if row["refused"]:
        return row
    try:
        import bjontegaard
    except ModuleNotFoundError:
        return row | {"refused": str(MissingExtra.of("bjontegaard", "report"))}
    overlaps = {
        "rate_overlap": overlap(anchor.quality, test.quality),
        "gain_overlap": overlap(np.log(anchor.bpp), np.log(test.bpp)),
    }
    pair = anchor.bpp, anchor.quality, test.bpp, test.quality
    rate, gain = (_quiet(function, pair, method) for function in (bjontegaard.bd_rate, bjontegaard.bd_psnr))
    row |= {"rate_percent": rate if overlaps["rate_overlap"] else None}
    row |= {"gain": sign * gain if overlaps["gain_overlap"] else None}
    return row | overlaps | {"refused": None if any(overlaps.values()) else "the curves share no range"}


def _quiet(function: Callable[..., float], pair: Sequence[np.ndarray], method: str) -> float:
    """Without the package's warning of little overlap, which the row tells in its own column."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return float(function(*pair, method=method, require_matching_points=False, min_overlap=0))


def _refusal(anchor: Curve, test: Curve) -> str | None:
    for who, curve in (("the anchor", anchor), ("the test curve", test)):
        if len(curve.bpp) < LEAST_POINTS:
            return f"{who} has {len(curve.bpp)} points, {LEAST_POINTS} are needed"
        if (np.diff(curve.bpp) <= 0).any() or (np.diff(curve.quality) <= 0).any():
            return f"{who} does not rise with the rate"
    return None


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """The range that both cover over the range that either covers, 0..1."""
    shared = min(first.max(), second.max()) - max(first.min(), second.min())
    return float(max(shared, 0) / (max(first.max(), second.max()) - min(first.min(), second.min())))
