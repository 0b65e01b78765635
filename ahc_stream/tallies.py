"""The tallies of a run: what each task's scores are summed from at each operating point.

A report asks for them, and a run makes them at its end, while its rows are at hand. They lie in the run's folder
(`runs.tallies`), so that each is computed once, whoever asks first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import runs, tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import KEY
from ahc_stream.runs import RunReader
from ahc_stream.runs.media import items_of, video_items
from ahc_stream.runs.points import Point, split, where
from ahc_stream.runs.tallies import remembered
from ahc_stream.store.folders import Folder
from ahc_stream.tasks import units

FRAME = [name for name, _ in KEY]
ORIGINAL = "identity"
LABELS = "labels"
REFERENCES = {
    LABELS: "the dataset's labels",
    "original": "its own predictions on the uncompressed original (no labels): agreement with these, not accuracy",
}
"""What a task may be scored against, and how a report says it."""

Points = Sequence[tuple[Point, pa.Table]]
"""Operating point, its rows of `frames`."""

log = logging.getLogger(__name__)


class Tally(NamedTuple):
    """One task at one operating point. reference: one of REFERENCES. table: see `tasks.scoring.Scorer`. predictions:
    how many it made there. labels: how many of the reference it is held to there, those that are ignored left out."""

    task: tasks.TaskSpec
    point: Point
    reference: str
    table: pa.Table
    predictions: int = 0
    labels: int = 0


def specs_of(run: RunReader) -> list[tasks.TaskSpec]:
    """The tasks of the run, those of the user among them."""
    return [tasks.recorded(text) for text in run.tasks]


def tallies(run: RunReader, points: Points, reference: str = "auto") -> Iterator[Tally]:
    """Every task of the run at every one of `points`, task by task.

    reference:  "labels", the dataset's; "original", the predictions at the codec identity, as the task's scorer turns
                them into labels; "auto", labels where the run has them for that task, else the original. Which one it
                was, each tally says. A task without what is asked for, or without a scorer, has none.
    Raises InvalidValue for another reference.
    """
    known = ("auto", *REFERENCES)
    if reference not in known:
        raise InvalidValue(f"a reference of {', '.join(known)}", repr(reference), "leave it out for auto")
    for spec in specs_of(run):
        if not why_unscored(run, spec):
            yield from _of_task(run, spec, points, reference)


def keep(folder: Folder) -> None:
    """Computes what the first report of a run that is whole would, and keeps it in the folder.

    A scorer that fails is no fault of the run: the log says it, and a report raises it to who asks.
    """
    run = runs.open(folder)
    if not run.is_whole:
        return
    points = split(run.frames)
    for spec in specs_of(run):
        try:
            if not why_unscored(run, spec):
                list(_of_task(run, spec, points, "auto"))
        except Exception as error:  # of a user's scorer, whatever it raises
            log.warning("%s has no tally yet, a report will say why: %s: %s", spec.name, type(error).__name__, error)


def why_unscored(run: RunReader, spec: tasks.TaskSpec) -> str:
    """Why no point of the run has scores of a task; empty where they may."""
    if tasks.find(spec.name).over_time and run.frames.num_rows and not video_items(run):
        return f"{spec.name} is about what moves, and the run holds unrelated stills"
    return tasks.why_unscored(spec)


def kept(
    folder: Folder, task: str, question: object, inputs: Sequence[pa.Table], compute: Callable[[], pa.Table]
) -> pa.Table:
    """`compute()`, or what it gave before: see `runs.tallies.remembered`. The code of the task's scores is part of the
    question; where a user's scorer has no source to compare, nothing is kept."""
    code = tasks.scoring_digest(task)
    return compute() if code is None else remembered(folder, (question, code), inputs, compute)


def _of_task(run: RunReader, spec: tasks.TaskSpec, points: Points, reference: str) -> Iterator[Tally]:
    entry = tasks.find(spec.name)
    predictions = run.predictions(entry.reads or spec.name)
    label_name = entry.labels or spec.name
    original = next((point for point, _ in points if point["codec"] == ORIGINAL), None)
    if reference != "original" and run.has_labels(label_name):
        used, labels = LABELS, run.labels(label_name)
    elif reference != LABELS and original is not None:
        used, labels = "original", _labels_of_original(run, spec, where(predictions, original))
    else:
        return
    videos = video_items(run) if entry.over_time else frozenset()
    for point, rows in points:
        frames = rows.select([*FRAME, "width", "height"])
        if entry.over_time:
            frames = frames.filter(pa.array([item in videos for item in items_of(frames)], pa.bool_()))
        inputs = where(predictions, point), labels, frames
        question, compute = (str(spec), used, dict(point)), partial(tasks.tally, spec, *inputs)
        table = kept(run.folder, spec.name, question, inputs, compute)
        yield Tally(spec, point, used, table, inputs[0].num_rows, _count(labels, frames))


def _count(labels: pa.Table, frames: pa.Table) -> int:
    """Labels of `frames` that are not ignored."""
    held = labels.filter(pc.invert(labels["ignore"])) if "ignore" in labels.column_names else labels
    return int((units.places(held, frames) >= 0).sum()) if held.num_rows else 0


def _labels_of_original(run: RunReader, spec: tasks.TaskSpec, predictions: pa.Table) -> pa.Table:
    compute = partial(tasks.as_labels, spec, predictions)
    return kept(run.folder, spec.name, (str(spec), "as labels"), [predictions], compute)
