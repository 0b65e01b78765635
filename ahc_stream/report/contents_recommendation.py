"""What the page begins with, as JSON can hold it: the three sentences and the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ahc_stream.core.quality import quality_text
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot
from ahc_stream.report.loss import Loss, cheapest, cheapest_for_sure
from ahc_stream.report.rank import Rank
from ahc_stream.report.recommendation import Cost, decide
from ahc_stream.report.recommendation_text import amount, fewer_percent, lines, named


def decision_of(analysis: Analysis) -> dict[str, Any]:
    """lines: head, sentences, answer of each. ranks, costs: see `_rank` and `_cost`. knees: the quality of a point by
    quantity and curve."""
    decision = decide(analysis)
    knees = {
        quantity: {name: _quality(dot) for name, dot in by_curve.items()}
        for quantity, by_curve in decision.knees.items()
    }
    return {
        "lines": [asdict(line) for line in lines(analysis, decision)],
        "ranks": [_rank(rank) for rank in decision.ranks],
        "costs": [_cost(analysis, cost) for cost in decision.costs],
        "knees": knees,
    }


def _rank(rank: Rank) -> dict[str, Any]:
    """order: curve, how many bits in a hundred the first saves against it (null for the first itself, and where the two
    share no range), and the share of the range that both cover."""
    rows: list[list[Any]] = []
    for name in rank.order:
        gap = rank.gap(rank.order[0], name)
        rows.append([name, fewer_percent(gap) if gap else None, gap.overlap if gap else None])
    return {"quantity": rank.quantity.name, "label": named(rank.quantity), "order": rows, "refused": dict(rank.refused)}


def _cost(analysis: Analysis, cost: Cost) -> dict[str, Any]:
    """points: of each curve the cheapest within the margin by its estimate, and the cheapest by its interval; null
    where it has none."""
    names = dict.fromkeys(cost.curves.values())
    return {
        "quantity": cost.quantity.name,
        "label": named(cost.quantity),
        "margin": amount(analysis, cost.quantity, cost.margin),
        "points": [
            {
                "curve": name,
                "cheapest": _loss(cheapest(cost.of_curve(name), cost.margin), cost.margin),
                "sure": _loss(cheapest_for_sure(cost.of_curve(name), cost.margin), cost.margin),
            }
            for name in names
        ],
    }


def _loss(loss: Loss | None, margin: float) -> Mapping[str, Any] | None:
    if loss is None:
        return None
    return {
        "point": loss.dot.label,
        "bpp": loss.dot.bpp,
        "quality": _quality(loss.dot),
        "loss": [loss.value, loss.low, loss.high],
        "sure": loss.excludes_more_than(margin),
    }


def _quality(dot: Dot) -> str:
    """ "@23": what is left of a point's name beside that of its curve."""
    quality = quality_text(dot.point["quality"], dot.point["options"])
    return f"@{quality}" if quality else dot.label
