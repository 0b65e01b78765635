"""The table of tasks: a literal dict, and the few functions that read it."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from pathlib import PurePath
from typing import Any, Protocol, cast

import numpy as np
import pyarrow as pa
import torch

from ahc_stream.core.errors import UnknownName
from ahc_stream.core.protocols import AnyTask
from ahc_stream.tasks.classification.score import CLASSIFICATIONS
from ahc_stream.tasks.detection.score import DETECTIONS
from ahc_stream.tasks.edges.score import EDGES
from ahc_stream.tasks.entry import Entry, Option, TaskSpec
from ahc_stream.tasks.ocr.score import LINES

TASKS: dict[str, Entry] = {
    "detection": Entry(
        maker="ahc_stream.tasks.detection.task:make",
        scorer="ahc_stream.tasks.detection.score",
        description="objects and their boxes, by any YOLO detection model; scored as COCO scores them",
        schema=DETECTIONS,
        extra="detection",
        options={
            "model": Option("yolov5n", "name of YOLO weights, or the path of a .pt file"),
            "size": Option("640", "longer side of the network's input in pixels", bounds=(32, 7680), whole=True),
            "letterbox": Option(
                "predict",
                "how a frame is fitted into the input: as ultralytics' predict or val does",
                ("predict", "val"),
            ),
            # Average precision is an area under a curve: boxes of low score are its tail, so the default keeps them.
            "score": Option("0.001", "least score of a box: 0.001 to evaluate, 0.25 to look at", bounds=(0.0, 1.0)),
            "iou": Option("0.7", "boxes of one class that overlap more are one object", bounds=(0.0, 1.0)),
            "labels": Option("all", "a box may get every class above the score, or its best one", ("all", "best")),
            "max_det": Option("300", "most boxes of one frame", bounds=(1, 30000), whole=True),
        },
        weights=("model",),
        headline=("mAP", "AP50"),
    ),
    "tracking": Entry(
        maker="",
        scorer="ahc_stream.tasks.tracking.score",
        description="who is who over time: a tracker through the boxes of `detection`, in the report; scored by TrackEval",
        schema=DETECTIONS,
        extra="tracking",
        options={
            "tracker": Option(
                "bytetrack", "ByteTrack, or BoT-SORT by its motion model alone", ("bytetrack", "botsort")
            ),
            "high": Option("0.25", "least score of a box that is matched first", bounds=(0.0, 1.0)),
            "low": Option("0.1", "least score of a box that may continue a track", bounds=(0.0, 1.0)),
            "new": Option("0.25", "least score of a box that begins a track", bounds=(0.0, 1.0)),
            "buffer": Option("30", "frames that an object may be gone", bounds=(0, 100000), whole=True),
            "match": Option("0.8", "greatest cost of a match, 1 - IoU x score", bounds=(0.0, 1.0)),
        },
        headline=("HOTA", "MOTA", "IDF1", "IDSW"),
        labels="detection",
        reads="detection",
        score_options=("tracker", "high", "low", "new", "buffer", "match"),
        lower_is_better=("IDSW", "Frag"),
    ),
    "ocr": Entry(
        maker="ahc_stream.tasks.ocr.task:make",
        scorer="ahc_stream.tasks.ocr.score",
        description="text by PP-OCR, its lines and what they say; the defaults read licence plates",
        schema=LINES,
        extra="ocr",
        options={
            "model": Option("ppocr-v3", "PaddleOCR's version, both networks", ("ppocr-v3", "ppocr-v4", "ppocr-v6")),
            "det": Option("{model}-det", "name of a detector's weights, or the path of a .onnx file"),
            "rec": Option("{model}-rec", "name of a recogniser's weights, or the path of a .onnx file"),
            "detect": Option("yes", "no: the whole frame is one line of text", ("yes", "no")),
            "border": Option("0.25", "margin around a frame in heights of it: plates fill theirs", bounds=(0.0, 2.0)),
            "fill": Option("grey", "what the margin is filled with", ("grey", "edge")),
            # RapidOCR's default for pages is 736, which blows a plate's print up beyond what detectors were trained on.
            "limit": Option(
                "320", "least shorter side of the detector's input in pixels", bounds=(32, 4096), whole=True
            ),
            "threshold": Option("0.3", "least probability of a pixel of text", bounds=(0.0, 1.0)),
            "box": Option("0.5", "least mean probability of a line", bounds=(0.0, 1.0)),
            "unclip": Option("1.6", "how far a line's box grows: area * unclip / perimeter", bounds=(0.1, 10.0)),
            "score": Option("0.5", "least mean probability of a line's characters", bounds=(0.0, 1.0)),
            "charset": Option("plate", "the characters to choose from: capitals and digits, or all", ("plate", "all")),
            "lines": Option(
                "plate", "what is scored: the number of a plate, the tallest print; or all", ("plate", "all")
            ),
        },
        weights=("det", "rec"),
        headline=("exact", "cer", "improved", "worsened", "unchanged"),
        score_options=("lines",),
        lower_is_better=("cer",),
    ),
    "classification": Entry(
        maker="ahc_stream.tasks.classification.build:make",
        scorer="ahc_stream.tasks.classification.score",
        description="what is in an image, by a network of torchvision, timm or Keras",
        schema=CLASSIFICATIONS,
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
            "size": Option("0", "side of the network's input in pixels; 0: its own", bounds=(0, 4096), whole=True),
            "fit": Option(
                "auto",
                "squash: to the square; crop: the shorter side to size / 0.875, the centre cut out; auto: as published, "
                "squash for Keras files of one's own, else crop",
                ("auto", "squash", "crop"),
            ),
            "resize": Option(
                "auto",
                "as Pillow does it, or plain: bilinear as TensorFlow does it, without antialiasing; auto: as published, "
                "nearest for Keras files of one's own (the default of its readers of folders), else bilinear",
                ("auto", "nearest", "bilinear", "bicubic", "plain"),
            ),
            "normalise": Option(
                "auto",
                "imagenet: its mean and deviation (Keras' mode torch); signed: -1..1 (mode tf); unit: 0..1; lite: (x - "
                "127) / 128; raw: 0..255; auto: as published, imagenet for torch files; a Keras file of one's own needs it",
                ("auto", "imagenet", "signed", "unit", "lite", "raw"),
            ),
        },
        weights=("model",),
        headline=("accuracy", "macro_f1", "kappa"),
    ),
    "video": Entry(
        maker="ahc_stream.tasks.video.build:make",
        scorer="ahc_stream.tasks.classification.score",
        description=(
            "the action in a video, by I3D, torchvision's networks or a head of one's own; names=ucf101 is zero-shot by "
            "a map of names: no such network saw UCF101, and classes that it does not know count as wrong"
        ),
        schema=CLASSIFICATIONS,
        extra="",
        options={
            "model": Option("i3d-kinetics400", "name of video weights, or the path of a state dict or of a head"),
            "arch": Option("auto", "of a state dict: i3d, r3d_18, mc3_18, r2plus1d_18, s3d, efficientnet_b0 ..."),
            "classes": Option(
                "auto", "path of a text file of class names, one a line; auto: the head's or Kinetics-400's"
            ),
            "names": Option(
                "own", "the network's own classes, or those of UCF101 that Kinetics-400 has", ("own", "ucf101")
            ),
            "window": Option(
                "0", "frames looked at together; 0: as published, 64 for I3D", bounds=(0, 1024), whole=True
            ),
            "step": Option("0", "of a window, every step-th frame; 0: as published", bounds=(0, 64), whole=True),
            "stride": Option("0", "frames from one window to the next; 0: side by side", bounds=(0, 4096), whole=True),
            "size": Option(
                "0", "shorter side in pixels before the crop; 0: as published", bounds=(0, 4096), whole=True
            ),
            "crop": Option("0", "side of the square in the middle; 0: as published", bounds=(0, 4096), whole=True),
        },
        weights=("model",),
        headline=("accuracy", "top5", "mean_class_accuracy"),
        labels="classification",
        checker="ahc_stream.tasks.video.build:check",
    ),
    "edges": Entry(
        maker="ahc_stream.tasks.edges.task:make",
        scorer="ahc_stream.tasks.edges.score",
        description="the probability of an edge at each pixel, by HED or Canny; scored as BSDS500 scores it",
        schema=EDGES,
        extra="edges",
        options={
            "detector": Option("hed", "the network HED, or Canny's detector", ("hed", "canny")),
            "model": Option(
                "hed-bsds500",
                "name of HED's weights, or the path of a Keras .h5 or a torch file",
                only_with=("detector", "hed"),
            ),
            "sigma": Option("3.0", "Canny: of the Gaussian before it, in pixels; 0: none", bounds=(0.0, 64.0)),
            "low": Option("0.4", "Canny: the low threshold over the high one", bounds=(0.01, 1.0)),
            "high": Option("0.0", "Canny: the high threshold, as OpenCV's; 0: all, a soft map", bounds=(0.0, 32767.0)),
            "nms": Option(
                "auto", "whether scoring suppresses what is no ridge; auto: HED yes, Canny no", ("auto", "on", "off")
            ),
            "thresholds": Option(
                "99", "at how many a soft map is scored, as BSDS500's 99", bounds=(1, 255), whole=True
            ),
            "tolerance": Option("0.0075", "distance within which edges match, over the diagonal", bounds=(0.0, 0.1)),
        },
        weights=("model",),
        headline=("ODS", "OIS", "AP"),
        # the original's own edges are one threshold of the map that is scored: precision over recall says nothing
        labels_only=("AP", "R50"),
        score_options=("thresholds", "tolerance"),
    ),
}
"""Every task by name. Detection's defaults are ultralytics' for `val`, but for its `letterbox`; `score=0.25:labels=best` is its `predict`."""

OWN: dict[str, Entry] = {}
"""Tasks that a program brought into this process, or that a manifest tells of, by name; `own` fills it."""

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
                predictions have moved. Deterministic, and says in its docstring what it keeps. Where the task reads
                another one's predictions, it takes the options of `tally` too.
    """

    def tally(self, predictions: pa.Table, labels: pa.Table, frames: pa.Table, **options: str) -> pa.Table: ...

    def scores(self, tally: pa.Table) -> Scores: ...

    def outcomes(self, tally: pa.Table) -> pa.Table: ...

    def as_labels(self, predictions: pa.Table, **options: str) -> pa.Table: ...


def find(name: str) -> Entry:
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
        _load(place)(dict(spec.options))


def make(spec: TaskSpec, device: torch.device) -> AnyTask:
    """A task object for one lane, whose clips live on `device`; `core.task_session` asks it. Raises MissingExtra, MissingData and InvalidValue."""
    return _load(find(spec.name).maker)(dict(spec.options), device)


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
    module, _, path = find(name).scorer.partition(":")
    return cast(Scorer, reduce(getattr, filter(None, path.split(".")), import_module(module)))


def tally(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """What the scores of a task at one operating point are summed from. Pure: no model, no device.

    predictions:  KEY columns and the task's own; further columns are ignored.
    labels:       the dataset's ground truth (`core.labels`), of these frames or of more.
    frames:       KEY columns, width and height of every frame that was evaluated, so that one without predictions counts.
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


def _load(place: str) -> Callable[..., Any]:
    module, function = place.split(":")
    return getattr(import_module(module), function)
