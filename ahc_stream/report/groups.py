"""Changes item by item: which images or sequences a task loses, and which it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot
from ahc_stream.runs.media import items_of
from ahc_stream.tasks import units

MOST_SEQUENCES = 60
"""Sequences that are scored one by one; more are told by their outcomes, as images are."""

BY_ITEM = pa.schema(
    [
        ("task", pa.string()),
        ("measure", pa.string()),  # a score of a sequence, or an outcome, whose mean over the item's units it is
        ("item", pa.string()),
        ("point", pa.string()),
        ("before", pa.float64()),
        ("after", pa.float64()),
        ("change", pa.float64()),
    ]
)


def by_item(analysis: Analysis, task: str) -> pa.Table:
    """BY_ITEM of one task: a row per item and operating point that both it and the original have.

    The measure of a video is the task's leading score, of that sequence alone; of an image, which has no average
    precision of its own to speak of, the first outcome of the task's scorer. No rows where the scorer has no outcome.
    """
    original = analysis.original
    if original is None or task not in original.scored:
        return BY_ITEM.empty_table()
    leading = analysis.leading_score(task)
    by_score = analysis.video and analysis.items <= MOST_SEQUENCES and leading is not None
    measure = leading.score if by_score and leading else first_outcome(original.scored[task].outcomes)
    if measure is None:
        return BY_ITEM.empty_table()
    values_of = _score_of_items if by_score else _outcome_of_items
    before = values_of(original, task, measure)
    rows = []
    for dot in analysis.dots:
        if task not in dot.scored or dot.is_original:
            continue
        for item, after in values_of(dot, task, measure).items():
            if item in before:
                values = {"before": before[item], "after": after, "change": after - before[item]}
                rows.append({"task": task, "measure": measure, "item": item, "point": dot.label} | values)
    return pa.Table.from_pylist(rows, schema=BY_ITEM)


def _score_of_items(dot: Dot, task: str, score: str) -> dict[str, float]:
    """One score of each item alone; an item where it is not defined has none."""
    scored = dot.scored[task]
    values_of = scored.scores
    items = np.array([item for _, item in items_of(units.of(scored.table))], object)
    values = {item: values_of((items == item).astype(np.float64)).get(score, np.nan) for item in dict.fromkeys(items)}
    return {item: value for item, value in values.items() if np.isfinite(value)}


def _outcome_of_items(dot: Dot, task: str, outcome: str) -> dict[str, float]:
    """The mean of an outcome over each item's units."""
    outcomes = dot.scored[task].outcomes
    means = outcomes.select(["item", outcome]).group_by(["item"]).aggregate([(outcome, "mean")])
    return dict(zip(means["item"].to_pylist(), means[f"{outcome}_mean"].to_pylist(), strict=True))


def first_outcome(outcomes: pa.Table) -> str | None:
    """The first outcome, the one that a scorer puts first because it says most; None where it has none."""
    return next(iter(outcome_names(outcomes)), None)


def outcome_names(outcomes: pa.Table) -> list[str]:
    """The outcomes of a scorer, in its order."""
    return [name for name in outcomes.column_names if name not in units.KEYS]


@dataclass(frozen=True)
class UnitChange:
    """One unit's first outcome at the original and at an operating point. size: what units are ranked by, the changes
    of all outcomes in their order, so that the second decides where a first of 0 or 1 ties."""

    item: str
    frame: int
    outcome: str
    before: float
    after: float
    size: tuple[float, ...]


def unit_changes(analysis: Analysis, task: str, dot: Dot) -> list[UnitChange]:
    """Every unit that both have, the most changed first; none where the scorer has no outcome."""
    if analysis.original is None or task not in analysis.original.scored or task not in dot.scored:
        return []
    before, after = analysis.original.scored[task].outcomes, dot.scored[task].outcomes
    names = outcome_names(after)
    if not names:
        return []
    row_before = units.places(after, before.select(units.KEYS))
    shared = np.flatnonzero(row_before >= 0)
    values_before = np.stack([before[name].to_numpy()[row_before[shared]] for name in names])
    values_after = np.stack([after[name].to_numpy()[shared] for name in names])
    sizes = np.abs(values_after - values_before)
    keys = after.select(["item", "frame"]).take(shared).to_pylist()
    changes = [
        UnitChange(
            item=key["item"],
            frame=key["frame"],
            outcome=names[0],
            before=float(values_before[0, number]),
            after=float(values_after[0, number]),
            size=tuple(sizes[:, number]),
        )
        for number, key in enumerate(keys)
        if np.isfinite(sizes[:, number]).all()
    ]
    return sorted(changes, key=lambda change: change.size, reverse=True)
