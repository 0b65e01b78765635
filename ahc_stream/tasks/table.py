"""The table of tasks: a literal dict, and the few functions that read it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pyarrow as pa
import torch

from ahc_stream.core.errors import UnknownName
from ahc_stream.core.protocols import Task
from ahc_stream.tasks.detection_score import DETECTIONS
from ahc_stream.tasks.entry import Entry, Option, TaskSpec

TASKS: dict[str, Entry] = {
    "detection": Entry(
        maker="ahc_stream.tasks.detection:make",
        scorer="ahc_stream.tasks.detection_score:score",
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
    ),
}
"""Every task by name. Detection's defaults are ultralytics' for `val`; `score=0.25:labels=best` is its `predict`."""


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
    """Names in the table of weights that `make` would load; a path of one's own is none."""
    values = dict(spec.options)
    return tuple(values[name] for name in find(spec.name).weights if not values[name].endswith(".pt"))


def score(name: str, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> dict[str, float]:
    """Scores a task's predictions at one operating point against the labels. Pure: no model, no device.

    predictions:  KEY columns and the task's own; further columns are ignored.
    labels:       the dataset's ground truth (`core.labels`), of these frames or of more.
    frames:       KEY columns of every frame that was evaluated, so that a frame without predictions counts.
    """
    return _load(find(name).scorer)(predictions, labels, frames)


def _load(place: str) -> Callable[..., Any]:
    module, function = place.split(":")
    return getattr(import_module(module), function)
