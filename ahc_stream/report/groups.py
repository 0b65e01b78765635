"""Changes item by item: which images or sequences a task loses, and which it does not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from ahc_stream.report.analysis import Analysis, Dot
from ahc_stream.report.resample import items_of
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
    precision of its own to speak of, the first outcome of the task's scorer.
    """
    original = analysis.original
    if original is None or task not in original.scored:
        return BY_ITEM.empty_table()
    by_score = analysis.video and analysis.items <= MOST_SEQUENCES
    score = analysis.leading(task).name.removeprefix(f"{task}_")
    measured = partial(_scores, name=score) if by_score else _outcomes
    name, before = measured(original, task)
    rows = [
        {"task": task, "measure": name, "item": item, "point": dot.label}
        | {"before": before[item], "after": value, "change": value - before[item]}
        for dot in analysis.dots
        if task in dot.scored and not dot.is_original
        for item, value in measured(dot, task)[1].items()
        if item in before
    ]
    return pa.Table.from_pylist(rows, schema=BY_ITEM)


def _scores(dot: Dot, task: str, name: str) -> tuple[str, dict[str, float]]:
    """One score of each item alone; an item where it is not defined has none."""
    tally = dot.scored[task].tally
    score = dot.scored[task].scores
    items = [item for _, item in items_of(units.of(tally))]
    values = {
        item: score(np.array([each == item for each in items], np.float64))[name] for item in dict.fromkeys(items)
    }
    return name, {item: value for item, value in values.items() if np.isfinite(value)}


def _outcomes(dot: Dot, task: str) -> tuple[str, dict[str, float]]:
    """The mean of the first outcome over each item's units."""
    outcomes = dot.scored[task].outcomes
    name = outcome_name(outcomes)
    means = outcomes.select(["item", name]).group_by(["item"]).aggregate([(name, "mean")])
    return name, dict(zip(means["item"].to_pylist(), means[f"{name}_mean"].to_pylist(), strict=True))


def outcome_name(outcomes: pa.Table) -> str:
    """The first outcome, the one that a scorer puts first because it says most."""
    return next(name for name in outcomes.column_names if name not in units.KEYS)


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
    """Every unit that both have, the most changed first."""
    if analysis.original is None or task not in analysis.original.scored or task not in dot.scored:
        return []
    before, after = analysis.original.scored[task].outcomes, dot.scored[task].outcomes
    place = units.places(after, before.select(units.KEYS))
    both = np.flatnonzero(place >= 0)
    names = [name for name in after.column_names if name not in units.KEYS]
    was = np.stack([before[name].to_numpy()[place[both]] for name in names])
    now = np.stack([after[name].to_numpy()[both] for name in names])
    keys = after.select(["item", "frame"]).take(both).to_pylist()
    found = [
        UnitChange(key["item"], key["frame"], names[0], float(was[0, n]), float(now[0, n]), tuple(abs(now - was)[:, n]))
        for n, key in enumerate(keys)
        if np.isfinite(now[:, n] - was[:, n]).all()
    ]
    return sorted(found, key=lambda each: each.size, reverse=True)
