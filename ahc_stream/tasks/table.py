"""The table of tasks: a literal dict, and the few functions that read it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import Any, Protocol, cast

import numpy as np
import pyarrow as pa
import torch

from ahc_stream.core.errors import UnknownName
from ahc_stream.core.protocols import Task
from ahc_stream.tasks.detection_score import DETECTIONS
from ahc_stream.tasks.entry import Entry, Option, TaskSpec

TASKS: dict[str, Entry] = {
    "detection": Entry(
        maker="ahc_stream.tasks.detection:make",
        scorer="ahc_stream.tasks.detection_score",
        description="objects and their boxes, by any YOLO detection model; scored as COCO scores them",
        schema=DETECTIONS,
        extra="detection",
        options={
            "model": Option("yolov5n", "name of YOLO weights, or the path of a .pt file"),
            "size": Option("640", "longer side of the network's input in pixels", bounds=(32, 7680), whole=True),
            # Average precision is an area under a curve: boxes of low score are its tail, so the default keeps them.
            "score": Option("0.001", "least score of a box: 0.001 to evaluate, 0.25 to look at", bounds=(0.0, 1.0)),
            "iou": Option("0.7", "boxes of one class that overlap more are one object", bounds=(0.0, 1.0)),
            "labels": Option("all", "a box may get every class above the score, or its best one", ("all", "best")),
            "max_det": Option("300", "most boxes of one frame", bounds=(1, 30000), whole=True),
        },
        weights=("model",),
        headline=("mAP", "AP50"),
    ),
}
"""Every task by name. Detection's defaults are ultralytics' for `val`; `score=0.25:labels=best` is its `predict`."""

Scores = Callable[[np.ndarray | None], dict[str, float]]
"""Weights of the units, [units] in the order of `units.of` (None: 1 each) -> score name -> value. A bootstrap draws
other weights; what does not depend on them is prepared once."""


class Scorer(Protocol):
    """What the module of a task's scores holds: pure functions of tables, no model and no device.

    tally:      predictions at one operating point, labels and the evaluated frames (KEY columns and width, height) ->
                what its scores are summed from. Its first columns, those of KEY, name the unit that a row belongs to:
                an image, or a whole sequence at frame 0. Every evaluated unit has a row. Never empty of meaning: no
                label to find at all gives a table without rows.
    scores:     a tally -> its scores as a function of the units' weights. Of no rows: no scores.
    outcomes:   a tally -> KEY columns and one float64 column per outcome, one row per unit in the order of `units.of`:
                what paired tests compare ("correct" as 0 or 1, "cer" ...).
    as_labels:  predictions of the uncompressed original -> labels of the task, for scores that ask how far
                predictions have moved. Deterministic, and says in its docstring what it keeps.
    """

    def tally(self, predictions: pa.Table, labels: pa.Table, frames: pa.Table, **options: str) -> pa.Table: ...

    def scores(self, tally: pa.Table) -> Scores: ...

    def outcomes(self, tally: pa.Table) -> pa.Table: ...

    def as_labels(self, predictions: pa.Table) -> pa.Table: ...


def find(name: str) -> Entry:
    """The entry of a task. Raises UnknownName, with the nearest name, for one that is not there."""
    if name not in TASKS:
        raise UnknownName.among("task", name, TASKS)
    return TASKS[name]


def make(spec: TaskSpec, device: torch.device) -> Task:
    """A task object for one lane, whose clips live on `device`. Raises MissingExtra, MissingData and InvalidValue."""
    return _load(find(spec.name).maker)(dict(spec.options), device)


def schema(spec: TaskSpec) -> pa.Schema:
    """Columns of one prediction; the keys of frame and operating point come in front of them in a table."""
    return find(spec.name).schema


def weights_needed(spec: TaskSpec) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; a path of one's own (with a suffix) is none."""
    values = dict(spec.options)
    return tuple(values[name] for name in find(spec.name).weights if not PurePath(values[name]).suffix)


def scorer(name: str) -> Scorer:
    """The functions that score a task. Raises UnknownName."""
    return cast(Scorer, import_module(find(name).scorer))


def tally(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """What the scores of a task at one operating point are summed from. Pure: no model, no device.

    predictions:  KEY columns and the task's own; further columns are ignored.
    labels:       the dataset's ground truth (`core.labels`), of these frames or of more.
    frames:       KEY columns, width and height of every frame that was evaluated, so that one without predictions counts.
    """
    values = dict(spec.options)
    options = {name: values[name] for name in find(spec.name).score_options}
    return scorer(spec.name).tally(predictions, labels, frames, **options)


def score(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> dict[str, float]:
    """The task's scores at one operating point, by name; without a label to find, none. Arguments as `tally` takes."""
    return scorer(spec.name).scores(tally(spec, predictions, labels, frames))(None)


def _load(place: str) -> Callable[..., Any]:
    module, function = place.split(":")
    return getattr(import_module(module), function)
