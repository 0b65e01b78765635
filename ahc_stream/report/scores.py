"""The scores of a run's tasks, against labels or against what the task says of the uncompressed original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import KEY
from ahc_stream.report.cache import remembered
from ahc_stream.report.rows import Point, where
from ahc_stream.runs import RunReader
from ahc_stream.tasks import units
from ahc_stream.tasks.changes import compare

FRAME = [name for name, _ in KEY]
ORIGINAL = "identity"
REFERENCES = ("auto", "labels", "original")


def shared_units(one: pa.Table, other: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Weights, float64 [units], of the units of two tallies: 1 for those that both have, 0 for the others."""
    sides = units.of(one), units.of(other)
    return tuple((units.places(*pair) >= 0).astype(np.float64) for pair in (sides, sides[::-1]))


@dataclass(frozen=True)
class Scored:
    """One task at one operating point. reference: "labels" or "original". tally: see `tasks.table.Scorer`."""

    task: tasks.TaskSpec
    point: Point
    reference: str
    tally: pa.Table

    @property
    def scores(self) -> tasks.Scores:
        """Weights of the units -> score name -> value, see `tasks.table.Scorer`; without what needs labels where there
        are none."""
        every = tasks.scorer(self.task.name).scores(self.tally)
        dropped = tasks.find(self.task.name).labels_only if self.reference == "original" else ()
        return lambda weights: {name: value for name, value in every(weights).items() if name not in dropped}

    @property
    def values(self) -> dict[str, float]:
        """Score name -> value; empty where there is no label to find."""
        return self.scores(None)

    @property
    def outcomes(self) -> pa.Table:
        """What became of each unit, see `tasks.table.Scorer`."""
        return tasks.scorer(self.task.name).outcomes(self.tally)


def scored(run: RunReader, points: Sequence[tuple[Point, pa.Table]], reference: str = "auto") -> list[Scored]:
    """Every task of the run at every one of `points` (operating point, rows of `frames`).

    reference:  "labels", the dataset's; "original", the predictions at the codec identity, as the task's scorer turns
                them into labels; "auto", labels where the run has them for that task, else the original. Which one it
                was, each result says. A task without what is asked for, or without a scorer, has no result.
    Raises InvalidValue for another reference.
    """
    if reference not in REFERENCES:
        raise InvalidValue(f"a reference of {', '.join(REFERENCES)}", repr(reference), "leave it out for auto")
    specs = [spec for spec in specs_of(run) if not tasks.why_unscored(spec)]
    return [result for spec in specs for result in _of_task(run, spec, points, reference)]


def specs_of(run: RunReader) -> list[tasks.TaskSpec]:
    """The tasks of the run, those of one's own among them."""
    return [tasks.recorded(text) for text in run.tasks]


def _of_task(
    run: RunReader, spec: tasks.TaskSpec, points: Sequence[tuple[Point, pa.Table]], reference: str
) -> list[Scored]:
    entry = tasks.find(spec.name)
    predictions = run.predictions(entry.reads or spec.name)
    labelled = entry.labels or spec.name
    against = "labels" if reference != "original" and run.has_labels(labelled) else "original"
    if against == "labels":
        labels = run.labels(labelled)
    elif reference == "labels" or all(point["codec"] != ORIGINAL for point, _ in points):
        return []
    else:
        original = next(point for point, _ in points if point["codec"] == ORIGINAL)
        before = where(predictions, original)
        labels = remembered(run.folder, (str(spec), "as labels"), [before], lambda: tasks.as_labels(spec, before))
    results = []
    for point, rows in points:
        inputs = where(predictions, point), labels, rows.select([*FRAME, "width", "height"])
        tally = remembered(
            run.folder, (str(spec), against, dict(point)), inputs, lambda inputs=inputs: tasks.tally(spec, *inputs)
        )
        results.append(Scored(spec, point, against, tally))
    return results


def _changes(each: Scored, original: Scored) -> dict[str, float]:
    """Scores minus the original's, of the units that both have: a run that was cut short has fewer at some points."""
    if not each.tally.num_rows or not original.tally.num_rows:
        return {}
    pairs = zip((each, original), shared_units(each.tally, original.tally), strict=True)
    after, before = (side.scores(weights) for side, weights in pairs)
    return {name: value - before[name] for name, value in after.items() if name in before}


def scores_of(points: Sequence[tuple[Point, pa.Table]], found: Sequence[Scored]) -> list[dict[str, float | str | None]]:
    """For every one of `points`, what `scored` found of it: scores, their change against the original, the reference."""
    result: list[dict[str, float | str | None]] = [{} for _ in points]
    for task in dict.fromkeys(each.task for each in found):
        of_task = [each for each in found if each.task == task]
        original = next((each for each in of_task if each.point["codec"] == ORIGINAL), None)
        for row, each in zip(result, of_task, strict=True):
            scores = each.values
            changes = _changes(each, original) if original else {}
            for name, value in scores.items():
                row[f"{task.name}_{name}"] = value
                row[f"{task.name}_{name}_change"] = changes.get(name)
            if scores and original:
                row |= {
                    f"{task.name}_{name}": count for name, count in compare(original.outcomes, each.outcomes).items()
                }
            if scores:
                row[f"{task.name}_reference"] = each.reference
    return result
