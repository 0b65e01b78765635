"""What a run needs before it can decide: more codecs, more points, more items."""

from __future__ import annotations

from collections.abc import Iterator

from ahc_stream.core.wording import abridged, counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import LEAST_POINTS
from ahc_stream.report.dot import curve_names
from ahc_stream.report.loss import items_needed
from ahc_stream.report.recommendation import Cost, Recommendation
from ahc_stream.report.resample import FEW_ITEMS, LEAST_ITEMS

MOST_CURVES = 3
"""That a sentence names."""
TOO_MANY = 1000
"""Times the items at hand: more than anybody will add."""


def advice(analysis: Analysis, decision: Recommendation) -> list[str]:
    """Sentences without their full stops, in the order in which they matter; none where a run can decide."""
    return [*_curves(analysis), *_points(analysis, decision), *_items(analysis, decision)]


def _curves(analysis: Analysis) -> Iterator[str]:
    names = curve_names(analysis.dots)
    if not names:
        yield "Codecs: nothing but the uncompressed original was run"
    elif len(names) == 1:
        yield "A second codec, to compare with"
    if names and analysis.tasks and analysis.original is None:
        yield "The uncompressed original (codec identity), to see what is lost"


def _points(analysis: Analysis, decision: Recommendation) -> Iterator[str]:
    names = curve_names(analysis.dots)
    if len(names) > 1:
        short = [
            (name, LEAST_POINTS - count)
            for curve, name in names.items()
            if _has_qualities(analysis, curve) and (count := _count(analysis, curve)) < LEAST_POINTS
        ]
        if short:
            listed = abridged([f"{more} of {name}" for name, more in short], MOST_CURVES)
            yield f"Further qualities, since a curve needs {LEAST_POINTS} points to be ranked: {listed}"
    for rank in decision.ranks:
        apart = [name for name, reason in rank.refused.items() if "share no range" in reason]
        if apart:
            yield f"Qualities of {abridged(apart, MOST_CURVES)} that reach the others' {rank.quantity.label}"
    for cost in decision.costs:
        yield from _ends(cost)


def _count(analysis: Analysis, curve: str) -> int:
    return sum(dot.curve == curve and dot.bpp > 0 for dot in analysis.dots)


def _has_qualities(analysis: Analysis, curve: str) -> bool:
    """Whether there are more points to be had: a lossless codec without a quality is one point for ever."""
    return any(dot.curve == curve and dot.point["quality"] is not None for dot in analysis.dots)


def _ends(cost: Cost) -> Iterator[str]:
    """Curves that begin too late or end too early to say where the margin is crossed."""
    loss = cost.cheapest
    if loss is None and cost.losses:
        yield f"Higher qualities: no point keeps {cost.quantity.label} within the margin"
    elif loss is not None and loss is cost.losses[0]:
        yield f"Lower qualities: {loss.dot.label}, the lowest rate of all, loses no more than the margin"


def _items(analysis: Analysis, decision: Recommendation) -> Iterator[str]:
    unit = "sequence" if analysis.video else "image"
    if not analysis.tasks or not analysis.settings.resamples:
        return
    if analysis.items < LEAST_ITEMS:
        few = counted(analysis.items, unit)
        enough = f"{LEAST_ITEMS} can, and {FEW_ITEMS} have one to rely on"
        yield f"{unit.capitalize()}s: {few} cannot have an interval; {enough}"
        return
    for cost in decision.costs:
        loss = cost.cheapest
        if loss is None or loss.excludes_more_than(cost.margin):
            continue
        needed = items_needed(loss, cost.margin, analysis.items)
        if needed is not None and needed <= TOO_MANY * analysis.items:
            yield (
                f"{unit.capitalize()}s: about {needed:,} like these {analysis.items} would settle whether "
                f"{loss.dot.label} keeps {cost.quantity.label} within the margin"
            )
