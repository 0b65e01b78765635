"""The table of tasks: a literal dict, and the few functions that read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.errors import UnknownName
from ahc_stream.core.loading import load
from ahc_stream.core.option import Option, Real, Whole, one_of
from ahc_stream.tasks.classification import score as classification
from ahc_stream.tasks.detection import score as detection
from ahc_stream.tasks.edges import score as edges
from ahc_stream.tasks.entry import TaskEntry, TaskSpec
from ahc_stream.tasks.ocr import score as ocr
from ahc_stream.tasks.score_entry import with_choices
from ahc_stream.tasks.tracking import score as tracking

if TYPE_CHECKING:
    import torch

    from ahc_stream.core.protocols import AnyTask

TASKS: dict[str, TaskEntry] = {
    "detection": TaskEntry(
        maker="ahc_stream.tasks.detection.task:make",
        scorer="ahc_stream.tasks.detection.score",
        description="objects and their boxes, by any YOLO detection model; scored as COCO scores them",
        schema=detection.DETECTIONS,
        extra="detection",
        options={
            "model": Option("yolov5n", "name of YOLO weights, or the path of a .pt file"),
            "size": Option("640", "longer side of the network's input in pixels", Whole(32, 7680)),
            "letterbox": Option(
                "predict",
                "how a frame is fitted into the input: as ultralytics' predict or val does",
                one_of("predict", "val"),
            ),
            # Average precision is an area under a curve: boxes of low score are its tail, so the default keeps them.
            "score": Option("0.001", "least score of a box: 0.001 to evaluate, 0.25 to look at", Real(0.0, 1.0)),
            "iou": Option("0.7", "boxes of one class that overlap more are one object", Real(0.0, 1.0)),
            "labels": Option(
                "all", "a box may get every class above the score, or its best one", one_of("all", "best")
            ),
            "max_det": Option("300", "most boxes of one frame", Whole(1, 30000)),
        },
        weights=("model",),
        scores=detection.SCORES,
        drawer="ahc_stream.tasks.detection.draw",
    ),
    "tracking": TaskEntry(
        maker="",
        scorer="ahc_stream.tasks.tracking.score",
        description="who is who over time: a tracker through the boxes of `detection`, in the report; scored by TrackEval",
        schema=detection.DETECTIONS,
        extra="tracking",
        options={
            "tracker": Option(
                "bytetrack", "ByteTrack, or BoT-SORT by its motion model alone", one_of("bytetrack", "botsort")
            ),
            "high": Option("0.25", "least score of a box that is matched first", Real(0.0, 1.0)),
            "low": Option("0.1", "least score of a box that may continue a track", Real(0.0, 1.0)),
            "new": Option("0.25", "least score of a box that begins a track", Real(0.0, 1.0)),
            "buffer": Option("30", "frames that an object may be gone", Whole(0, 100000)),
            "match": Option("0.8", "greatest cost of a match, 1 - IoU x score", Real(0.0, 1.0)),
        },
        scores=tracking.SCORES,
        labels="detection",
        reads="detection",
        score_options=("tracker", "high", "low", "new", "buffer", "match"),
    ),
    "ocr": TaskEntry(
        maker="ahc_stream.tasks.ocr.task:make",
        scorer="ahc_stream.tasks.ocr.score",
        description="text by PP-OCR, its lines and what they say; the defaults read licence plates",
        schema=ocr.LINES,
        extra="ocr",
        options={
            "model": Option(
                "ppocr-v3", "PaddleOCR's version, both networks", one_of("ppocr-v3", "ppocr-v4", "ppocr-v6")
            ),
            "det": Option("{model}-det", "name of a detector's weights, or the path of a .onnx file"),
            "rec": Option("{model}-rec", "name of a recogniser's weights, or the path of a .onnx file"),
            "detect": Option("yes", "no: the whole frame is one line of text", one_of("yes", "no")),
            "border": Option("0.25", "margin around a frame in heights of it: plates fill theirs", Real(0.0, 2.0)),
            "fill": Option("grey", "what the margin is filled with", one_of("grey", "edge")),
            # RapidOCR's default for pages is 736, which blows a plate's print up beyond what detectors were trained on.
            "limit": Option("320", "least shorter side of the detector's input in pixels", Whole(32, 4096)),
            "threshold": Option("0.3", "least probability of a pixel of text", Real(0.0, 1.0)),
            "box": Option("0.5", "least mean probability of a line", Real(0.0, 1.0)),
            "unclip": Option("1.6", "how far a line's box grows: area * unclip / perimeter", Real(0.1, 10.0)),
            "score": Option("0.5", "least mean probability of a line's characters", Real(0.0, 1.0)),
            "charset": Option(
                "plate", "the characters to choose from: capitals and digits, or all", one_of("plate", "all")
            ),
            "lines": Option(
                "plate", "what is scored: the number of a plate, the tallest print; or all", one_of("plate", "all")
            ),
        },
        weights=("det", "rec"),
        scores=ocr.SCORES,
        drawer="ahc_stream.tasks.ocr.draw",
        score_options=("lines",),
    ),
    "classification": TaskEntry(
        maker="ahc_stream.tasks.classification.build:make",
        scorer="ahc_stream.tasks.classification.score",
        description="what is in an image, by a network of torchvision, timm or Keras",
        schema=classification.CLASSIFICATIONS,
        extra="classification",
        options={
            "model": Option(
                "mobilenet_v2-imagenet",
                "name of an image classifier's weights, or the path of a .h5, model.json, .safetensors or .pth file",
            ),
            "arch": Option("auto", "of a state dict: a name of torchvision, or else of timm; auto: the file says it"),
            "classes": Option(
                "auto", "imagenet, isic, ham10000 or a text file, one name a line; auto: the model's own"
            ),
            "size": Option("0", "side of the network's input in pixels; 0: its own", Whole(0, 4096)),
            "fit": Option(
                "auto",
                "squash: to the square; crop: the shorter side to size / 0.875, the centre cut out; auto: as published, "
                "squash for Keras files of one's own, else crop",
                one_of("auto", "squash", "crop"),
            ),
            "resize": Option(
                "auto",
                "as Pillow does it, or plain: bilinear as TensorFlow does it, without antialiasing; auto: as published, "
                "nearest for Keras files of one's own (the default of its readers of folders), else bilinear",
                one_of("auto", "nearest", "bilinear", "bicubic", "plain"),
            ),
            "normalise": Option(
                "auto",
                "imagenet: its mean and deviation (Keras' mode torch); signed: -1..1 (mode tf); unit: 0..1; lite: (x - "
                "127) / 128; raw: 0..255; auto: as published, imagenet for torch files; a Keras file of one's own needs it",
                one_of("auto", "imagenet", "signed", "unit", "lite", "raw"),
            ),
        },
        weights=("model",),
        scores=classification.SCORES,
        drawer="ahc_stream.tasks.classification.draw",
    ),
    "video": TaskEntry(
        maker="ahc_stream.tasks.video.build:make",
        scorer="ahc_stream.tasks.classification.score",
        description=(
            "the action in a video, by I3D, torchvision's networks or a head of one's own; names=ucf101 is zero-shot by "
            "a map of names: no such network saw UCF101, and classes that it does not know count as wrong"
        ),
        schema=classification.CLASSIFICATIONS,
        extra="",
        options={
            "model": Option("i3d-kinetics400", "name of video weights, or the path of a state dict or of a head"),
            "arch": Option("auto", "of a state dict: i3d, r3d_18, mc3_18, r2plus1d_18, s3d, efficientnet_b0 ..."),
            "classes": Option(
                "auto", "path of a text file of class names, one a line; auto: the head's or Kinetics-400's"
            ),
            "names": Option(
                "own", "the network's own classes, or those of UCF101 that Kinetics-400 has", one_of("own", "ucf101")
            ),
            "window": Option("0", "frames looked at together; 0: as published, 64 for I3D", Whole(0, 1024)),
            "step": Option("0", "of a window, every step-th frame; 0: as published", Whole(0, 64)),
            "stride": Option("0", "frames from one window to the next; 0: side by side", Whole(0, 4096)),
            "size": Option("0", "shorter side in pixels before the crop; 0: as published", Whole(0, 4096)),
            "crop": Option("0", "side of the square in the middle; 0: as published", Whole(0, 4096)),
        },
        weights=("model",),
        scores=with_choices(classification.SCORES, headline=("accuracy", "top5", "mean_class_accuracy")),
        drawer="ahc_stream.tasks.classification.draw",
        labels="classification",
        checker="ahc_stream.tasks.video.build:check",
    ),
    "edges": TaskEntry(
        maker="ahc_stream.tasks.edges.task:make",
        scorer="ahc_stream.tasks.edges.score",
        description="the probability of an edge at each pixel, by HED or Canny; scored as BSDS500 scores it",
        schema=edges.EDGES,
        extra="edges",
        options={
            "detector": Option("hed", "the network HED, or Canny's detector", one_of("hed", "canny")),
            "model": Option(
                "hed-bsds500",
                "name of HED's weights, or the path of a Keras .h5 or a torch file",
                only_with=("detector", "hed"),
            ),
            "sigma": Option("3.0", "Canny: of the Gaussian before it, in pixels; 0: none", Real(0.0, 64.0)),
            "low": Option("0.4", "Canny: the low threshold over the high one", Real(0.01, 1.0)),
            "high": Option("0.0", "Canny: the high threshold, as OpenCV's; 0: all, a soft map", Real(0.0, 32767.0)),
            "nms": Option(
                "auto",
                "whether scoring suppresses what is no ridge; auto: HED yes, Canny no",
                one_of("auto", "on", "off"),
            ),
            "thresholds": Option("99", "at how many a soft map is scored, as BSDS500's 99", Whole(1, 255)),
            "tolerance": Option("0.0075", "distance within which edges match, over the diagonal", Real(0.0, 0.1)),
        },
        weights=("model",),
        scores=edges.SCORES,
        drawer="ahc_stream.tasks.edges.draw",
        score_options=("thresholds", "tolerance"),
    ),
}
"""Every task by name. Detection's defaults are ultralytics' for `val`, but for its `letterbox`; `score=0.25:labels=best` is its `predict`."""

OWN: dict[str, TaskEntry] = {}
"""Tasks that a program brought into this process, or that a manifest tells of, by name; `own` fills it."""

Scores = Callable[[NDArray[np.float64] | None], dict[str, float]]
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
                predictions have moved. Deterministic, and says in its docstring what it keeps. Where the task reads
                another one's predictions, it takes the options of `tally` too.

    It may also hold SCORES, a tuple of `score_entry.Score`: what a report must know of its scores.
    """

    def tally(self, predictions: pa.Table, labels: pa.Table, frames: pa.Table, **options: str) -> pa.Table: ...

    def scores(self, tally: pa.Table) -> Scores: ...

    def outcomes(self, tally: pa.Table) -> pa.Table: ...

    def as_labels(self, predictions: pa.Table, **options: str) -> pa.Table: ...


def find(name: str) -> TaskEntry:
    """The entry of a task. Raises UnknownName, with the nearest name, for one that is not there."""
    if name in OWN:
        return OWN[name]
    if name not in TASKS:
        raise UnknownName.among("task", name, TASKS)
    return TASKS[name]


def check(spec: TaskSpec) -> None:
    """Raises InvalidValue, UnknownName and MissingData for options that `make` would refuse. Loads no model."""
    place = find(spec.name).checker
    if place:
        load(place)(dict(spec.options))


def make(spec: TaskSpec, device: torch.device) -> AnyTask:
    """A task object for one lane, whose clips live on `device`; `core.task_session` asks it. Raises MissingExtra,
    MissingData and InvalidValue."""
    task: AnyTask = load(find(spec.name).maker)(dict(spec.options), device)
    return task


def schema(spec: TaskSpec) -> pa.Schema:
    """Columns of one prediction; the keys of frame and operating point come in front of them in a table."""
    return find(spec.name).schema


def weights_needed(spec: TaskSpec) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; a path of one's own (with a suffix) is none."""
    return tuple(value for value in _weight_values(spec) if not PurePath(value).suffix)


def own_weights(spec: TaskSpec) -> tuple[str, ...]:
    """Paths of the user's own files that `make` would load, as the options have them."""
    return tuple(value for value in _weight_values(spec) if PurePath(value).suffix)


def _weight_values(spec: TaskSpec) -> list[str]:
    values = dict(spec.options)
    entry = find(spec.name)
    return [values[name] for name in entry.weights if entry.options[name].is_used(values)]


def scorer(name: str) -> Scorer:
    """The functions that score a task: a module, or a class "module:Class". Raises UnknownName, and ImportError or
    AttributeError for a scorer of one's own that is not there."""
    found: Scorer = load(find(name).scorer)
    return found


def tally(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """What the scores of a task at one operating point are summed from. Pure: no model, no device.

    predictions:  KEY columns and the task's own; further columns are ignored.
    labels:       the dataset's ground truth (`core.labels`), of these frames or of more.
    frames:       KEY columns, width and height of every frame that was evaluated, so that one without predictions
                  counts.
    """
    return scorer(spec.name).tally(predictions, labels, frames, **_score_options(spec))


def as_labels(spec: TaskSpec, predictions: pa.Table) -> pa.Table:
    """Predictions of the original as labels of the task. A task that reads another one's predictions makes its own of
    them, so its scorer takes the same options here as for a tally."""
    options = _score_options(spec) if find(spec.name).reads else {}
    return scorer(spec.name).as_labels(predictions, **options)


def _score_options(spec: TaskSpec) -> dict[str, str]:
    values = dict(spec.options)
    return {name: values[name] for name in find(spec.name).score_options}


def score(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> dict[str, float]:
    """The task's scores at one operating point, by name; without a label to find, none. Arguments as `tally` takes."""
    return scorer(spec.name).scores(tally(spec, predictions, labels, frames))(None)
