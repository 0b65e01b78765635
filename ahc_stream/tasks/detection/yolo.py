"""YOLO models: ultralytics' modules, loaded from a checkpoint without running what a checkpoint says.

A .pt file of ultralytics is a pickle of the module itself. It is read by torch's restricted unpickler, which builds the
classes named below and refuses every other: the file chooses among layers, it brings no code. Checkpoints of the YOLOv5
repository (v6.0 to 7.0) name its own classes; its layers are ultralytics' of the same name, and its head is
`AnchorDetect`, because ultralytics' own YOLOv5 is the later, anchor-free "u" variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.detection.anchors import AnchorDetect
from ahc_stream.tasks.networks import ultralytics_import
from ahc_stream.tasks.networks.backends import Network, runner
from ahc_stream.tasks.networks.weight_file import weight_file
from ahc_stream.weights.unpickle import UnreadableFile, read_torch

_TORCH = """
    activation.Hardswish activation.LeakyReLU activation.ReLU activation.SiLU activation.Tanh batchnorm.BatchNorm2d
    container.ModuleList container.Sequential conv.Conv2d conv.ConvTranspose2d linear.Identity linear.Linear
    pooling.AdaptiveAvgPool2d pooling.AvgPool2d pooling.MaxPool2d upsampling.Upsample
"""
_ULTRALYTICS = """
    block.A2C2f block.AAttn block.ABlock block.AConv block.ADown block.Attention block.Bottleneck block.BottleneckCSP
    block.C2PSA block.C2f block.C2fCIB block.C2fPSA block.C3 block.C3k block.C3k2 block.C3x block.CBFuse block.CBLinear
    block.CIB block.DFL block.ELAN1 block.PSA block.PSABlock block.RepBottleneck block.RepC3 block.RepCSP
    block.RepNCSPELAN4 block.RepVGGDW block.SCDown block.SPP block.SPPELAN block.SPPF conv.Concat conv.Conv conv.Conv2
    conv.ConvTranspose conv.DWConv conv.DWConvTranspose2d conv.Focus conv.Index conv.RepConv head.Detect head.v10Detect
"""
_YOLOV5 = ("Bottleneck", "C3", "Concat", "Conv", "SPPF")
_MODELS = """
    models.yolo.Model models.yolo.DetectionModel
    ultralytics.nn.tasks.DetectionModel ultralytics.nn.tasks.YOLOv10DetectionModel
"""


@dataclass(frozen=True)
class YoloKind:
    """What a checkpoint is for.

    name:      of the task, as errors have it.
    is_named:  a model of it, as an error about its file has it.
    model:     its class in `ultralytics.nn.tasks`.
    names:     layers beside those of a detector, as checkpoints call them.
    """

    name: str
    is_named: str
    model: str
    names: str = ""


DETECTION = YoloKind("detection", "a detector", "DetectionModel")
SEGMENTATION = YoloKind(
    "segmentation",
    "a segmentation model",
    "SegmentationModel",
    "block.Proto block.Proto26 head.Segment head.Segment26",
)
POSE = YoloKind("pose", "a pose model", "PoseModel", "block.RealNVP head.Pose head.Pose26")
OBB = YoloKind("OBB", "a model of oriented boxes", "OBBModel", "head.OBB head.OBB26")


def load(path: Path, device: torch.device, kind: YoloKind = DETECTION) -> Any:
    """The model of a checkpoint of that kind: float32, evaluation mode, batch norms folded, no gradients.

    It maps float32 [N, 3, H, W] in [0, 1], sides multiples of `stride.max()`, to what `nms` takes, or to a tuple that
    begins with it. Its `names` maps class numbers to names. Raises MissingExtra without ultralytics, InvalidValue for a
    file that is no such checkpoint.
    """
    tasks = ultralytics_import.load("nn.tasks", "detection")
    try:
        checkpoint = read_torch(path, _allowed(tasks, kind))
    except UnreadableFile as error:
        raise _no_checkpoint(path, str(error), kind) from error
    model = (checkpoint.get("ema") or checkpoint.get("model")) if isinstance(checkpoint, dict) else None
    if not isinstance(model, getattr(tasks, kind.model)):
        raise _no_checkpoint(path, f"{type(model).__name__} as its model", kind)
    for layer in model.modules():
        if isinstance(layer, nn.Upsample):
            layer.recompute_scale_factor = None  # newer than some checkpoints, and forward() reads it
    model.names = dict(enumerate(model.names)) if isinstance(model.names, list) else dict(model.names)
    return model.float().eval().fuse(verbose=False).requires_grad_(False).to(device)


def known_classes(kind: YoloKind, options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the model of a task's options knows, for which its checkpoint is read. Raises what
    `load_chosen` raises."""
    names: Mapping[int, str] = load_chosen(kind, options, torch.device("cpu")).names
    return tuple(names.values())


def load_chosen(kind: YoloKind, options: Mapping[str, str], device: torch.device) -> Any:
    """The model that a task's options name, on `device`. Raises MissingData without the weights, else what `load`
    raises."""
    return load(weight_file(options["model"], kind.is_named), device, kind)


def network(model: Any, backend: str) -> Network:
    """What `load` returns, as `backend` runs it: one network for pictures of all sizes."""
    model.model[-1].dynamic = backend != "torch"  # what is recorded of a head computes its anchors, and keeps none
    return runner(model, backend, free_sides=True)


def _allowed(tasks: Any, kind: YoloKind) -> Mapping[str, type]:
    """The class behind each name that a checkpoint may say. Names that this ultralytics lacks are left out."""
    from ultralytics.nn import modules
    from ultralytics.utils import IterableSimpleNamespace

    classes: dict[str, type] = {}
    for name in _TORCH.split():
        classes[f"torch.nn.modules.{name}"] = getattr(nn, name.split(".")[1])
    for name in (*_ULTRALYTICS.split(), *kind.names.split()):
        file, layer = name.split(".")
        if hasattr(getattr(modules, file), layer):
            classes[f"ultralytics.nn.modules.{name}"] = getattr(getattr(modules, file), layer)
    for layer in _YOLOV5:
        classes[f"models.common.{layer}"] = getattr(modules, layer)
    for name in _MODELS.split():
        classes[name] = _unconstructed(tasks.DetectionModel)
    classes[f"ultralytics.nn.tasks.{kind.model}"] = _unconstructed(getattr(tasks, kind.model))
    classes["models.yolo.Detect"] = AnchorDetect
    classes["ultralytics.utils.IterableSimpleNamespace"] = IterableSimpleNamespace  # training arguments
    return classes


def _unconstructed(model: type) -> type:
    """The class, which unpickling fills and nobody may call."""
    return type(model.__name__, (model,), {"__init__": _refuse})


def _refuse(self: nn.Module, *_: Any, **__: Any) -> None:
    """In place of the model's constructor, which evaluates text of the configuration that it is called with.

    A pickle of a module sets its members and calls no constructor; one that does was made by hand.
    """
    raise TypeError("a call of the model's constructor")


def _no_checkpoint(path: Path, got: str, kind: YoloKind) -> InvalidValue:
    makers = "ultralytics or of YOLOv5 6.0 to 7.0" if kind is DETECTION else "ultralytics"
    todo = f"name a .pt file of a YOLO {kind.name} model, of {makers}, or download it again"
    return InvalidValue(f"a YOLO {kind.name} checkpoint in {path}", got, todo)
