"""The scores of a run's tasks, against labels or against what the task says of the uncompressed original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ahc_stream import tables, tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import KEY
from ahc_stream.report.cache import remembered
from ahc_stream.report.rows import Point, where
from ahc_stream.tasks.changes import compare

FRAME = [name for name, _ in KEY]
ORIGINAL = "identity"
REFERENCES = ("auto", "labels", "original")


@dataclass(frozen=True)
class Scored:
    """One task at one operating point. reference: "labels" or "original". tally: see `tasks.table.Scorer`."""

    task: tasks.TaskSpec
    point: Point
    reference: str
    tally: pa.Table

    @property
    def values(self) -> dict[str, float]:
        """Score name -> value; empty where there is no label to find."""
        return tasks.scorer(self.task.name).scores(self.tally)(None)

    @property
    def outcomes(self) -> pa.Table:
        """What became of each unit, see `tasks.table.Scorer`."""
        return tasks.scorer(self.task.name).outcomes(self.tally)


def scored(folder: Path, points: Sequence[tuple[Point, pa.Table]], reference: str = "auto") -> list[Scored]:
    """Every task of the run under `folder` at every one of `points` (operating point, rows of `frames`).

    reference:  "labels", the dataset's; "original", the predictions at the codec identity, as the task's scorer turns
                them into labels; "auto", labels where the run has them for that task, else the original. Which one it
                was, each result says. A task without what is asked for, or without a scorer, has no result.
    Raises InvalidValue for another reference.
    """
    if reference not in REFERENCES:
        raise InvalidValue(f"a reference of {', '.join(REFERENCES)}", repr(reference), "leave it out for auto")
    specs = [spec for spec in specs_of(folder) if not tasks.why_unscored(spec)]
    return [result for spec in specs for result in _of_task(folder, spec, points, reference)]


def specs_of(folder: Path) -> list[tasks.TaskSpec]:
    """The tasks of the run under `folder`, those of one's own among them."""
    return [tasks.recorded(text) for text in tables.task_texts(folder)]


def _of_task(
    folder: Path, spec: tasks.TaskSpec, points: Sequence[tuple[Point, pa.Table]], reference: str
) -> list[Scored]:
    entry = tasks.find(spec.name)
    predictions = tables.read(folder, f"predictions_{entry.reads or spec.name}")
    labelled = f"labels_{entry.labels or spec.name}"
    against = "labels" if reference != "original" and (folder / labelled).is_dir() else "original"
    if against == "labels":
        labels = tables.read(folder, labelled)
    elif reference == "labels" or all(point["codec"] != ORIGINAL for point, _ in points):
        return []
    else:
        original = next(point for point, _ in points if point["codec"] == ORIGINAL)
        before = where(predictions, original)
        labels = remembered(folder, (str(spec), "as labels"), [before], lambda: tasks.as_labels(spec, before))
    results = []
    for point, rows in points:
        inputs = where(predictions, point), labels, rows.select([*FRAME, "width", "height"])
        tally = remembered(
            folder, (str(spec), against, dict(point)), inputs, lambda inputs=inputs: tasks.tally(spec, *inputs)
        )
        results.append(Scored(spec, point, against, tally))
    return results


def scores_of(points: Sequence[tuple[Point, pa.Table]], found: Sequence[Scored]) -> list[dict[str, float | str | None]]:
    """For every one of `points`, what `scored` found of it: scores, their change against the original, the reference."""
    result: list[dict[str, float | str | None]] = [{} for _ in points]
    for task in dict.fromkeys(each.task for each in found):
        values = [(each, each.values) for each in found if each.task == task]
        original = next((scores for each, scores in values if each.point["codec"] == ORIGINAL), {})
        before = next((each.outcomes for each, _ in values if each.point["codec"] == ORIGINAL), None)
        for row, (each, scores) in zip(result, values, strict=True):
            for name, value in scores.items():
                row[f"{task.name}_{name}"] = value
                row[f"{task.name}_{name}_change"] = value - original[name] if name in original else None
            if scores and before is not None:
                row |= {f"{task.name}_{name}": count for name, count in compare(before, each.outcomes).items()}
            if scores:
                row[f"{task.name}_reference"] = each.reference
    return result
