"""The table of tasks: a literal dict, and the few functions that read it. `scoring` has those that score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.loading import load
from ahc_stream.core.option import Option, Real, Whole, one_of
from ahc_stream.core.plugins import plugins
from ahc_stream.tasks.classification import score as classification
from ahc_stream.tasks.detection import score as detection
from ahc_stream.tasks.edges import score as edges
from ahc_stream.tasks.entry import TaskEntry, TaskSpec
from ahc_stream.tasks.networks.weight_file import is_path
from ahc_stream.tasks.obb import score as obb
from ahc_stream.tasks.ocr import score as ocr
from ahc_stream.tasks.pose import score as pose
from ahc_stream.tasks.score_entry import with_choices
from ahc_stream.tasks.segmentation import score as segmentation
from ahc_stream.tasks.semantic import score as semantic
from ahc_stream.tasks.tracking import score as tracking

if TYPE_CHECKING:
    import torch

    from ahc_stream.core.protocols import AnyTask

_BACKEND = Option(
    "auto",
    "What runs the network on the CPU: torch, or a runtime that compiles it first. auto is settled by task and device.",
    one_of("auto", "torch", "onnxruntime", "openvino"),
)

_BOXES = {
    "size": Option("640", "Longer side of the network's input, in pixels.", Whole(32, 7680)),
    "letterbox": Option(
        "predict",
        "How a frame is fitted into the input: as ultralytics' predict or val does it.",
        one_of("predict", "val"),
    ),
    # Average precision is an area under a curve: boxes of low score are its tail, so the default keeps them.
    "score": Option("0.001", "Least score of a box: 0.001 to evaluate, 0.25 to look at.", Real(0.0, 1.0)),
    "iou": Option("0.7", "Boxes of one class that overlap more than this are one object.", Real(0.0, 1.0)),
    "labels": Option("all", "Classes of a box: all above the score, or the best one.", one_of("all", "best")),
    "max_det": Option("300", "Most boxes of one frame.", Whole(1, 30000)),
}
"""Of every task of a YOLO model."""

TASKS: dict[str, TaskEntry] = {
    "detection": TaskEntry(
        maker="ahc_stream.tasks.detection.task:make",
        classes="ahc_stream.tasks.detection.task:known_classes",
        scorer="ahc_stream.tasks.detection.score",
        description="Objects and their boxes, by any YOLO detection model. Scored as COCO scores them.",
        schema=detection.DETECTIONS,
        extra="detection",
        options={
            "model": Option("yolov5n", "Name of YOLO weights, or the path of a .pt file."),
            **_BOXES,
            "backend": _BACKEND,
        },
        weights=("model",),
        cpu_backend="onnxruntime",
        scores=detection.SCORES,
        drawer="ahc_stream.tasks.detection.draw",
    ),
    "segmentation": TaskEntry(
        maker="ahc_stream.tasks.segmentation.task:make",
        classes="ahc_stream.tasks.segmentation.task:known_classes",
        scorer="ahc_stream.tasks.segmentation.score",
        description="Objects and their masks, by any YOLO segmentation model. Scored as COCO scores masks.",
        schema=segmentation.SEGMENTS,
        extra="segmentation",
        options={
            "model": Option("yolo11n-seg", "Name of YOLO segmentation weights, or the path of a .pt file."),
            **_BOXES,
        },
        weights=("model",),
        scores=segmentation.SCORES,
        drawer="ahc_stream.tasks.segmentation.draw",
    ),
    "semantic": TaskEntry(
        maker="ahc_stream.tasks.semantic.build:make",
        checker="ahc_stream.tasks.semantic.build:check",
        classes="ahc_stream.tasks.semantic.build:known_classes",
        scorer="ahc_stream.tasks.semantic.score",
        description="The class of each pixel, by LR-ASPP, DeepLab or FCN of torchvision. Scored by mean IoU.",
        schema=semantic.CLASS_MAPS,
        extra="semantic",
        options={
            "model": Option(
                "lraspp_mobilenet_v3_large-voc",
                "Name of weights of semantic segmentation, or the path of a .pth or .safetensors file.",
            ),
            "arch": Option("lraspp_mobilenet_v3_large", "Architecture of a file of one's own, by torchvision's name."),
            "classes": Option("voc", "Class names: voc, or a text file, one a line and background first."),
            "size": Option(
                "520", "Shorter side of the network's input, in pixels. With 0, the frame's own.", Whole(0, 4096)
            ),
            "backend": _BACKEND,
        },
        weights=("model",),
        cpu_backend="torch",
        scores=semantic.SCORES,
        drawer="ahc_stream.tasks.semantic.draw",
        labels="segmentation",
        unknown_as="background",
    ),
    "pose": TaskEntry(
        maker="ahc_stream.tasks.pose.task:make",
        classes="ahc_stream.tasks.pose.task:known_classes",
        scorer="ahc_stream.tasks.pose.score",
        description="Objects and their keypoints, by any YOLO pose model. Scored as COCO scores keypoints.",
        schema=pose.POSES,
        extra="detection",
        options={
            "model": Option("yolo11n-pose", "Name of YOLO pose weights, or the path of a .pt file."),
            **_BOXES,
            "backend": _BACKEND,
        },
        weights=("model",),
        cpu_backend="onnxruntime",
        scores=pose.SCORES,
        drawer="ahc_stream.tasks.pose.draw",
    ),
    "obb": TaskEntry(
        maker="ahc_stream.tasks.obb.task:make",
        classes="ahc_stream.tasks.obb.task:known_classes",
        scorer="ahc_stream.tasks.obb.score",
        description="Objects and their oriented boxes, by any YOLO OBB model. Scored as DOTA scores them.",
        schema=obb.ORIENTED_DETECTIONS,
        extra="detection",
        options={
            "model": Option("yolo11n-obb", "Name of YOLO OBB weights, or the path of a .pt file."),
            **_BOXES,
            # What ultralytics trained its models of DOTA with.
            "size": Option("1024", "Longer side of the network's input, in pixels.", Whole(32, 7680)),
            "backend": _BACKEND,
        },
        weights=("model",),
        cpu_backend="onnxruntime",
        scores=obb.SCORES,
        drawer="ahc_stream.tasks.obb.draw",
    ),
    "tracking": TaskEntry(
        maker="",
        scorer="ahc_stream.tasks.tracking.score",
        over_time=True,
        description=(
            "Identities over time, by a tracker through the boxes of `detection`, in the report. Scored by TrackEval."
        ),
        schema=detection.DETECTIONS,
        extra="tracking",
        options={
            "tracker": Option(
                "bytetrack",
                "The tracker: ByteTrack, or BoT-SORT by its motion model alone.",
                one_of("bytetrack", "botsort"),
            ),
            "high": Option("0.25", "Least score of a box that is matched first.", Real(0.0, 1.0)),
            "low": Option("0.1", "Least score of a box that may continue a track.", Real(0.0, 1.0)),
            "new": Option("0.25", "Least score of a box that begins a track.", Real(0.0, 1.0)),
            "buffer": Option("30", "Number of frames for which an object may be gone.", Whole(0, 100000)),
            "match": Option("0.8", "Greatest cost of a match, 1 - IoU x score.", Real(0.0, 1.0)),
        },
        scores=tracking.SCORES,
        labels="detection",
        reads="detection",
        score_options=("tracker", "high", "low", "new", "buffer", "match"),
    ),
    "ocr": TaskEntry(
        maker="ahc_stream.tasks.ocr.task:make",
        scorer="ahc_stream.tasks.ocr.score",
        description="Text by PP-OCR: its lines and what they say. The defaults read licence plates.",
        schema=ocr.LINES,
        extra="ocr",
        options={
            "model": Option(
                "ppocr-v3", "Version of PaddleOCR, of both networks.", one_of("ppocr-v3", "ppocr-v4", "ppocr-v6")
            ),
            "det": Option("{model}-det", "Name of a detector's weights, or the path of a .onnx file."),
            "rec": Option("{model}-rec", "Name of a recogniser's weights, or the path of a .onnx file."),
            "detect": Option(
                "yes",
                "Whether lines are looked for. With no, the whole frame is one line of text.",
                one_of("yes", "no"),
            ),
            "border": Option(
                "0.25", "Margin around a frame, in heights of the frame: plates fill theirs.", Real(0.0, 2.0)
            ),
            "fill": Option(
                "grey", "What the margin is filled with: grey, or the frame's edge repeated.", one_of("grey", "edge")
            ),
            # RapidOCR's default for pages is 736, which blows a plate's print up beyond what detectors were trained on.
            "limit": Option("320", "Least shorter side of the detector's input, in pixels.", Whole(32, 4096)),
            "threshold": Option("0.3", "Least probability of a pixel of text.", Real(0.0, 1.0)),
            "box": Option("0.5", "Least mean probability of a line.", Real(0.0, 1.0)),
            "unclip": Option("1.6", "How far the box of a line grows: by area * unclip / perimeter.", Real(0.1, 10.0)),
            "score": Option("0.5", "Least mean probability of a line's characters.", Real(0.0, 1.0)),
            "charset": Option(
                "plate", "Characters to choose from: capitals and digits, or all.", one_of("plate", "all")
            ),
            "lines": Option(
                "plate",
                "Lines that are scored: those of a plate's number, the tallest print; or all.",
                one_of("plate", "all"),
            ),
        },
        weights=("det", "rec"),
        scores=ocr.SCORES,
        drawer="ahc_stream.tasks.ocr.draw",
        score_options=("lines",),
    ),
    "classification": TaskEntry(
        maker="ahc_stream.tasks.classification.build:make",
        classes="ahc_stream.tasks.classification.build:known_classes",
        scorer="ahc_stream.tasks.classification.score",
        description="What is in an image, by a network of torchvision, timm or Keras.",
        schema=classification.CLASSIFICATIONS,
        extra="classification",
        options={
            "model": Option(
                "mobilenet_v2-imagenet",
                "Name of an image classifier's weights, or the path of a .h5, model.json, .safetensors or .pth file.",
            ),
            "arch": Option(
                "auto",
                "Architecture of a state dict, by torchvision's name or else timm's. With auto, the file says it.",
            ),
            "classes": Option(
                "auto",
                "Class names: imagenet, isic, ham10000 or a text file, one name a line. With auto, the model's own.",
            ),
            "size": Option("0", "Side of the network's input, in pixels. With 0, its own.", Whole(0, 4096)),
            "fit": Option(
                "auto",
                "How a frame becomes a square. squash: it is stretched; crop: its shorter side is resized to size / "
                "0.875 and the centre cut out; auto: as published, of a user's Keras file squash, of others crop.",
                one_of("auto", "squash", "crop"),
            ),
            "resize": Option(
                "auto",
                "How pixels are interpolated: as Pillow does it, or, with plain, bilinear as TensorFlow does it, "
                "without antialiasing. auto: as published, of a user's Keras file nearest (as Keras' readers of "
                "folders do), of others bilinear.",
                one_of("auto", "nearest", "bilinear", "bicubic", "plain"),
            ),
            "normalise": Option(
                "auto",
                "How pixels are normalised. imagenet: by ImageNet's mean and deviation (Keras' mode torch); signed: to "
                "-1..1 (mode tf); unit: to 0..1; lite: (x - 127) / 128; raw: 0..255. auto: as published, of a user's "
                "torch file imagenet; a user's Keras file does not say it.",
                one_of("auto", "imagenet", "signed", "unit", "lite", "raw"),
            ),
            "backend": _BACKEND,
        },
        weights=("model",),
        cpu_backend="torch",
        scores=classification.SCORES,
        drawer="ahc_stream.tasks.classification.draw",
    ),
    "video": TaskEntry(
        maker="ahc_stream.tasks.video.build:make",
        classes="ahc_stream.tasks.video.build:known_classes",
        scorer="ahc_stream.tasks.classification.score",
        description=(
            "The action in a video, by I3D, torchvision's networks or a user's head. names=ucf101 is zero-shot by a "
            "map of names: no such network saw UCF101, and classes that it does not know count as wrong."
        ),
        schema=classification.CLASSIFICATIONS,
        extra="",
        options={
            "model": Option("i3d-kinetics400", "Name of video weights, or the path of a state dict or of a head."),
            "arch": Option(
                "auto", "Architecture of a state dict: i3d, r3d_18, mc3_18, r2plus1d_18, s3d, efficientnet_b0 ..."
            ),
            "classes": Option(
                "auto", "Path of a text file of class names, one a line. With auto, the head's or Kinetics-400's."
            ),
            "names": Option(
                "own", "Classes: the network's own, or those of UCF101 that Kinetics-400 has.", one_of("own", "ucf101")
            ),
            "window": Option(
                "0", "Number of frames looked at together. With 0, as published: 64 for I3D.", Whole(0, 1024)
            ),
            "step": Option("0", "Of a window, every step-th frame is looked at. With 0, as published.", Whole(0, 64)),
            "stride": Option(
                "0", "Number of frames from one window to the next. With 0, windows lie side by side.", Whole(0, 4096)
            ),
            "size": Option("0", "Shorter side before the crop, in pixels. With 0, as published.", Whole(0, 4096)),
            "crop": Option(
                "0",
                "Side of the square that is cut out of the middle, in pixels. With 0, as published.",
                Whole(0, 4096),
            ),
            "backend": _BACKEND,
        },
        weights=("model",),
        cpu_backend="torch",
        scores=with_choices(classification.SCORES, headline=("accuracy", "top5", "mean_class_accuracy")),
        drawer="ahc_stream.tasks.classification.draw",
        labels="classification",
        checker="ahc_stream.tasks.video.build:check",
    ),
    "edges": TaskEntry(
        maker="ahc_stream.tasks.edges.task:make",
        scorer="ahc_stream.tasks.edges.score",
        description="The probability of an edge at each pixel, by HED or Canny. Scored as BSDS500 scores it.",
        schema=edges.EDGES,
        extra="edges",
        options={
            "detector": Option("hed", "The detector: the network HED, or Canny's.", one_of("hed", "canny")),
            "model": Option(
                "hed-bsds500",
                "Name of HED's weights, or the path of a Keras .h5 or a torch file.",
                only_with=("detector", "hed"),
            ),
            "sigma": Option(
                "3.0", "Of Canny: the sigma of the Gaussian before it, in pixels. With 0, none.", Real(0.0, 64.0)
            ),
            "low": Option("0.4", "Of Canny: the low threshold over the high one.", Real(0.01, 1.0)),
            "high": Option(
                "0.0",
                "Of Canny: the high threshold, as OpenCV has it. With 0, all of them: a soft map.",
                Real(0.0, 32767.0),
            ),
            "nms": Option(
                "auto",
                "Whether scoring suppresses what is no ridge. With auto, of HED it does, of Canny not.",
                one_of("auto", "on", "off"),
            ),
            "thresholds": Option(
                "99", "Number of thresholds at which a soft map is scored; BSDS500 has 99.", Whole(1, 255)
            ),
            "tolerance": Option(
                "0.0075", "Distance within which edges match, over the frame's diagonal.", Real(0.0, 0.1)
            ),
            "backend": replace(_BACKEND, only_with=("detector", "hed")),
        },
        weights=("model",),
        cpu_backend="torch",
        scores=edges.SCORES,
        drawer="ahc_stream.tasks.edges.draw",
        score_options=("thresholds", "tolerance"),
    ),
}
"""Every task by name. Detection's defaults are ultralytics' for `val`, but for its `letterbox`;
`score=0.25:labels=best` is its `predict`."""

BUILT_IN = frozenset(TASKS)
"""The names that no plug-in may have."""

USER_TASKS: dict[str, TaskEntry] = {}
"""Tasks that a program brought into this process, or that a manifest names, by name; `user_tasks` fills it."""


def plugin_target(name: str) -> Any | None:
    """What an installed package brings as a task of this name, a row or what makes an object; None where none does."""
    plugin = plugins("tasks", BUILT_IN).get(name)
    return None if plugin is None else plugin.load()


def find(name: str) -> TaskEntry:
    """The entry of a task. Raises UnknownName, with the nearest name, for one that is not there."""
    if name in USER_TASKS:
        return USER_TASKS[name]
    target = plugin_target(name)
    if isinstance(target, TaskEntry):
        return USER_TASKS.setdefault(name, target)
    if name not in TASKS:
        raise UnknownName.among("task", name, [*TASKS, *plugins("tasks", BUILT_IN)])
    return TASKS[name]


def check(spec: TaskSpec) -> None:
    """Raises InvalidValue, UnknownName and MissingData for options that `make` would refuse. Loads no model."""
    checker = find(spec.name).checker
    if checker:
        load(checker)(dict(spec.options))


def classes(spec: TaskSpec) -> tuple[str, ...]:
    """The names of the classes that the task's model knows; none of a task whose labels are of no classes, and of a
    user's. Raises what `make` raises of options and files that do not say them."""
    names = find(spec.name).classes
    known: tuple[str, ...] = load(names)(dict(spec.options)) if names else ()
    return known


def settled(spec: TaskSpec, device: torch.device) -> TaskSpec:
    """The spec with what `backend=auto` is on `device`, as the manifest has it: two backends are two tasks.

    Raises InvalidValue for another backend than torch on a GPU.
    """
    options, on_cpu = dict(spec.options), find(spec.name).cpu_backend
    if not on_cpu:
        return spec
    if options["backend"] == "auto":
        options["backend"] = on_cpu if device.type == "cpu" else "torch"
    if device.type != "cpu" and options["backend"] != "torch":
        got = f"{spec.name}:backend={options['backend']}"
        raise InvalidValue(f"backend=torch on {device}", got, "leave it out, or choose the CPU")
    return TaskSpec(spec.name, tuple(sorted(options.items())))


def make(spec: TaskSpec, device: torch.device) -> AnyTask:
    """A task object for one lane, whose clips live on `device`; `core.task_session` asks it. Raises MissingExtra,
    MissingData and InvalidValue."""
    task: AnyTask = load(find(spec.name).maker)(dict(settled(spec, device).options), device)
    return task


def schema(spec: TaskSpec) -> pa.Schema:
    """Columns of one prediction; the keys of frame and operating point come in front of them in a table."""
    return find(spec.name).schema


def weights_needed(spec: TaskSpec) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; the path of a user's file (with a suffix) is none."""
    return tuple(value for value in _weight_values(spec) if not is_path(value))


def user_weight_files(spec: TaskSpec) -> tuple[str, ...]:
    """Paths of the user's own files that `make` would load, as the options have them."""
    return tuple(value for value in _weight_values(spec) if is_path(value))


def _weight_values(spec: TaskSpec) -> list[str]:
    values = dict(spec.options)
    entry = find(spec.name)
    return [values[name] for name in entry.weights if entry.options[name].is_used(values)]
