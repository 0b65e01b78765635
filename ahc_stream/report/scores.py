"""The scores of a run's tasks, against labels or against what the task predicts on the uncompressed original."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream import tasks
from ahc_stream.report.quantity import score_column
from ahc_stream.runs import RunReader
from ahc_stream.tallies import ORIGINAL, Points, Tally, tallies
from ahc_stream.tasks import units
from ahc_stream.tasks.changes import compare
from ahc_stream.tasks.score_entry import described

Weights = NDArray[np.float64]


def shared_units(one: pa.Table, other: pa.Table) -> tuple[Weights, Weights]:
    """Weights, float64 [units], of the units of two tallies: 1 for those that both have, 0 for the others."""
    units_one, units_other = units.of(one), units.of(other)
    in_other = units.places(units_one, units_other) >= 0
    in_one = units.places(units_other, units_one) >= 0
    return in_other.astype(np.float64), in_one.astype(np.float64)


class Scored(Tally):
    """One task at one operating point: a tally, and what follows from it."""

    def scores(self, weights: Weights | None) -> dict[str, float]:
        """Score name -> value under weights of the units, see `tasks.scoring.Scores`.

        Scores that need labels are left out where there are none.
        """
        values = self._every_score(weights)
        if self.reference != "original":
            return values
        known = tasks.find(self.task.name).scores
        return {name: value for name, value in values.items() if not described(known, name)[0].needs_labels}

    def of_draws(self, draws: Weights, names: Iterable[str]) -> dict[str, Weights]:
        """The scores `names` under many weights, float64 [draws, units]: see `tasks.of_draws`."""
        return tasks.of_draws(self._every_score, draws, names)

    @cached_property
    def _every_score(self) -> tasks.Scores:
        return tasks.scorer(self.task.name).scores(self.table)

    @cached_property
    def values(self) -> dict[str, float]:
        """Score name -> value; empty where there is no label to find."""
        return self.scores(None)

    def values_of(self, used: Weights) -> dict[str, float]:
        """The same of the units that are `used`: float64 [units], 1 or 0."""
        return self.values if used.all() else self.scores(used)

    def column(self, score: str) -> str:
        """The column of `operating_points` that holds a score, and the name of its quantity."""
        return score_column(self.task.name, score, self.reference)

    @cached_property
    def outcomes(self) -> pa.Table:
        """What became of each unit, see `tasks.scoring.Scorer`."""
        return tasks.scorer(self.task.name).outcomes(self.table)


def scored(run: RunReader, points: Points, reference: str = "auto") -> list[Scored]:
    """Every task of the run at every one of `points`, scored against `reference`: see `tallies.tallies`. Raises what it
    raises."""
    return [Scored(*tally) for tally in tallies(run, points, reference)]


@dataclass(frozen=True)
class TaskPoint:
    """What a report's table says of one task at one operating point; nothing where it has no score.

    changes:  scores minus the original's, of the units that both have; None where a score has none.
    counts:   units that became right or wrong, see `tasks.changes.compare`.
    reference: one of REFERENCES; None where there is no score.
    predictions, labels: how many, see `tallies.Tally`.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, float | None] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    reference: str | None = None
    predictions: int = 0
    labels: int = 0

    def columns(self, task: str) -> Iterator[tuple[str, float | str | None]]:
        """(column of `operating_points`, value), in their order."""
        if self.reference is None:
            return
        for name, value in self.values.items():
            yield score_column(task, name, self.reference), value
            yield change_column(task, name, self.reference), self.changes[name]
        for name, count in self.counts.items():
            yield score_column(task, name, self.reference), count
        yield f"{task}_reference", self.reference


def change_column(task: str, score: str, reference: str) -> str:
    """The column of `operating_points` that holds the change of a score."""
    return f"{score_column(task, score, reference)}_change"


def task_points(points: Points, results: Sequence[Scored]) -> list[dict[str, TaskPoint]]:
    """For every one of `points`, what `scored` gives of it, by task."""
    by_point: list[dict[str, TaskPoint]] = [{} for _ in points]
    for task in dict.fromkeys(result.task for result in results):
        of_task = [result for result in results if result.task == task]
        original = next((result for result in of_task if result.point["codec"] == ORIGINAL), None)
        for at_point, result in zip(by_point, of_task, strict=True):
            at_point[task.name] = _task_point(result, original)
    return by_point


def _task_point(result: Scored, original: Scored | None) -> TaskPoint:
    if not result.values:
        return TaskPoint(predictions=result.predictions)
    changes = _changes(result, original) if original else {}
    counts = compare(original.outcomes, result.outcomes) if original else {}
    all_changes = {name: changes.get(name) for name in result.values}
    return TaskPoint(
        result.values, all_changes, counts, result.reference, predictions=result.predictions, labels=result.labels
    )


def _changes(result: Scored, original: Scored) -> dict[str, float]:
    """Scores minus the original's, of the units that both have: a run that was cut short has fewer at some points."""
    if not result.table.num_rows or not original.table.num_rows:
        return {}
    weights, weights_of_original = shared_units(result.table, original.table)
    after, before = result.values_of(weights), original.values_of(weights_of_original)
    return {name: value - before[name] for name, value in after.items() if name in before}
