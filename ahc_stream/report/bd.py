"""Bjontegaard deltas: one number for the distance between two curves, or the reason why there is none.

Definitions: G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001, with Akima or
PCHIP instead of a cubic polynomial (C. Herglotz et al., "Beyond Bjontegaard", ICIP 2022), as the package `bjontegaard`
computes them. The rate is bpp on a logarithmic axis.

A score of a task is no smooth function of the rate: it rises and falls with every box that is found or lost. So a
task's curve is first fitted by the nearest curve that only rises (isotonic regression of equal weights: R. Barlow et
al., "Statistical Inference under Order Restrictions", 1972), and points that the fit makes equal become one, at the
geometric mean of their rates. The table says so. Metrics are taken as they are, and refused where they fall.

Where a curve has a steep step and then hardly rises, Akima's polynomial turns back between its points, and its mean is
of rates that no point has: one run had -7 % by it and +1478 % by PCHIP, which stays between neighbouring points. So
Akima is refused there, and what is said in sentences and ranks is PCHIP's, as in JVET's common test conditions.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.wording import counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.metric_mean import infinite_left_out
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import Floats

METHODS = ("pchip", "akima")
"""The first is that of sentences and ranks."""
LEAST_POINTS = 4

STEPS = 64
"""Between two points, where an interpolation is looked at."""

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
        ("anchor_infinite", pa.int64()),  # infinite frames that the means leave out, the most of any point of the curve
        ("test_infinite", pa.int64()),
        ("monotone_fit", pa.bool_()),
        ("refused", pa.string()),  # the reason, where there is no number; null where there is one
    ]
)


@dataclass(frozen=True)
class Curve:
    """bpp and quality, float64 [points], both rising; quality is negated where lower is better. infinite: the most
    infinite frames that the mean of a point leaves out. joined: operating points that an isotonic fit has made one
    with others."""

    bpp: Floats
    quality: Floats
    infinite: int = 0
    joined: int = 0


def deltas(analysis: Analysis) -> pa.Table:
    """DELTAS of every pair of curves of the run, in both directions, for each metric and each task's headline
    scores."""
    names = dict.fromkeys(dot.curve for dot in analysis.dots if not dot.is_original)
    rows: list[dict[str, Any]] = []
    for quantity in analysis.quantities:
        if has_deltas(quantity):
            rows += between(quantity, {name: curve_of(analysis, quantity, name) for name in names})
    return pa.Table.from_pylist(rows, schema=DELTAS)


def has_deltas(quantity: Quantity) -> bool:
    """Whether curves of a quantity are compared: it is of the headline, and one knows which way is better."""
    return quantity.headline and quantity.higher_is_better is not None


def between(quantity: Quantity, curves: Mapping[str, Curve]) -> Iterator[dict[str, Any]]:
    """Rows of DELTAS for every pair of `curves`, by their names."""
    sign = 1.0 if quantity.higher_is_better else -1.0
    for anchor, test in permutations(curves, 2):
        for method in METHODS:
            row = {"quantity": quantity.name, "label": quantity.label, "anchor": anchor, "test": test, "method": method}
            fit = {"monotone_fit": not quantity.is_metric}
            yield row | fit | delta(curves[anchor], curves[test], method, sign)


def curve_of(analysis: Analysis, quantity: Quantity, name: str) -> Curve:
    """The operating points of one curve, by rate; those without a finite value are left out."""
    dots = [dot for dot in analysis.dots if dot.curve == name and dot.bpp > 0]
    pairs = [(dot.bpp, dot.value(quantity)) for dot in dots]
    finite = sorted((bpp, value) for bpp, value in pairs if value is not None)
    bpp, values = np.array(finite, np.float64).reshape(-1, 2).T
    quality = values if quantity.higher_is_better else -values
    if not quantity.is_metric:
        return risen(Curve(bpp, quality))
    infinite = max((infinite_left_out(dot.row, quantity.name) for dot in dots), default=0)
    return Curve(bpp, quality, infinite)


def risen(curve: Curve) -> Curve:
    """The curve's isotonic fit, each of its levels one point."""
    rates: list[float] = []
    levels: list[float] = []
    counts: list[int] = []
    for rate, value in zip(np.log(curve.bpp), curve.quality, strict=True):
        rates.append(float(rate))
        levels.append(float(value))
        counts.append(1)
        while len(levels) > 1 and levels[-2] >= levels[-1]:
            for column in (rates, levels):
                column[-2:] = [float(np.average(column[-2:], weights=counts[-2:]))]
            counts[-2:] = [sum(counts[-2:])]
    return Curve(np.exp(np.array(rates)), np.array(levels), joined=len(curve.bpp) - len(levels))


def delta(anchor: Curve, test: Curve, method: str, sign: float = 1.0) -> dict[str, float | int | str | None]:
    """The numbers of one row of DELTAS. sign: -1 where `quality` is negated."""
    points: dict[str, float | int | str | None] = {
        "anchor_points": len(anchor.bpp),
        "test_points": len(test.bpp),
        "anchor_infinite": anchor.infinite,
        "test_infinite": test.infinite,
    }
    refusal = _refusal(anchor, test, method)
    if refusal:
        return points | {"refused": refusal}
    try:
        import bjontegaard
    except ModuleNotFoundError:
        return points | {"refused": str(MissingExtra.of("bjontegaard", "report"))}
    rate_overlap = overlap(anchor.quality, test.quality)
    gain_overlap = overlap(np.log(anchor.bpp), np.log(test.bpp))
    rate = _without_warning(bjontegaard.bd_rate, anchor, test, method)
    gain = _without_warning(bjontegaard.bd_psnr, anchor, test, method)
    return points | {
        "rate_percent": rate if rate_overlap else None,
        "rate_overlap": rate_overlap,
        "gain": sign * gain if gain_overlap else None,
        "gain_overlap": gain_overlap,
        "refused": None if rate_overlap or gain_overlap else "the curves share no range",
    }


def _without_warning(function: Callable[..., float], anchor: Curve, test: Curve, method: str) -> float:
    """Without the package's warning of little overlap, which the row tells in its own column."""
    pair = anchor.bpp, anchor.quality, test.bpp, test.quality
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return float(function(*pair, method=method, require_matching_points=False, min_overlap=0))


def _refusal(anchor: Curve, test: Curve, method: str) -> str | None:
    for name, curve in (("the anchor", anchor), ("the test curve", test)):
        if len(curve.bpp) < LEAST_POINTS:
            points = counted(len(curve.bpp) + curve.joined, "point")
            has = f"rises over {len(curve.bpp)} of its {points}" if curve.joined else f"has {points}"
            return f"{name} {has}, {LEAST_POINTS} are needed"
        if (np.diff(curve.bpp) <= 0).any() or (np.diff(curve.quality) <= 0).any():
            return f"{name} does not rise with the rate"
        if method == "akima" and turns_back(curve):
            return f"{name} has a step that Akima's polynomial overshoots: PCHIP does not"
    return None


def turns_back(curve: Curve) -> bool:
    """Whether Akima's interpolation of a rising curve falls anywhere: log rate over quality, or the other way round."""
    from scipy.interpolate import Akima1DInterpolator  # takes a third of a second to import

    log_rate = np.log(curve.bpp)
    for x, y in ((curve.quality, log_rate), (log_rate, curve.quality)):
        between_points = np.linspace(0, len(x) - 1, STEPS * (len(x) - 1) + 1)
        dense = Akima1DInterpolator(x, y)(np.interp(between_points, np.arange(len(x)), x))
        if (np.diff(dense) < 0).any():
            return True
    return False


def overlap(first: Floats, second: Floats) -> float:
    """The range that both cover over the range that either covers, 0..1."""
    shared = min(first.max(), second.max()) - max(first.min(), second.min())
    whole = max(first.max(), second.max()) - min(first.min(), second.min())
    return float(max(shared, 0) / whole)
