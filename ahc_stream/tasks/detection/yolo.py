"""YOLO models: ultralytics' modules, loaded from a checkpoint without running what a checkpoint says.

A .pt file of ultralytics is a pickle of the module itself. It is read by torch's restricted unpickler, which builds the
classes named below and refuses every other: the file chooses among layers, it brings no code. Checkpoints of the YOLOv5
repository (v6.0 to 7.0) name its own classes; its layers are ultralytics' of the same name, and its head is
`AnchorDetect`, because ultralytics' own YOLOv5 is the later, anchor-free "u" variant.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.detection.anchors import AnchorDetect
from ahc_stream.tasks.networks import ultralytics_import

_TORCH = """
    activation.Hardswish activation.LeakyReLU activation.ReLU activation.SiLU batchnorm.BatchNorm2d container.ModuleList
    container.Sequential conv.Conv2d conv.ConvTranspose2d linear.Identity linear.Linear pooling.AdaptiveAvgPool2d
    pooling.AvgPool2d pooling.MaxPool2d upsampling.Upsample
"""
_ULTRALYTICS = """
    block.A2C2f block.AAttn block.ABlock block.AConv block.ADown block.Attention block.Bottleneck block.BottleneckCSP
    block.C2PSA block.C2f block.C2fCIB block.C2fPSA block.C3 block.C3k block.C3k2 block.C3x block.CBFuse block.CBLinear
    block.CIB block.DFL block.ELAN1 block.PSA block.PSABlock block.RepBottleneck block.RepC3 block.RepCSP
    block.RepNCSPELAN4 block.RepVGGDW block.SCDown block.SPP block.SPPELAN block.SPPF conv.Concat conv.Conv conv.Conv2
    conv.ConvTranspose conv.DWConv conv.DWConvTranspose2d conv.Focus conv.Index conv.RepConv head.Detect head.v10Detect
"""
_YOLOV5 = ("Bottleneck", "C3", "Concat", "Conv", "SPPF")

_loading = threading.Lock()
"""Torch's list of safe classes belongs to the process, and lanes load at the same time: what a file wants beyond that list
is asked, and allowed, by one lane at a time."""


def load(path: Path, device: torch.device) -> Any:
    """The detection model of a checkpoint: float32, evaluation mode, batch norms folded, no gradients.

    It maps float32 [N, 3, H, W] in [0, 1], sides multiples of `stride.max()`, to what `nms` takes. Its `names` maps
    class numbers to names. Raises MissingExtra without ultralytics, InvalidValue for a file that is no such checkpoint.
    """
    tasks = ultralytics_import.load("nn.tasks", "detection")
    with _loading:
        checkpoint = _read(path, _allowed(tasks))
    model = (checkpoint.get("ema") or checkpoint.get("model")) if isinstance(checkpoint, dict) else None
    if not isinstance(model, tasks.DetectionModel):
        raise _no_checkpoint(path, f"{type(model).__name__} as its model")
    for layer in model.modules():
        if isinstance(layer, nn.Upsample):
            layer.recompute_scale_factor = None  # newer than some checkpoints, and forward() reads it
    model.names = dict(enumerate(model.names)) if isinstance(model.names, list) else dict(model.names)
    return model.float().eval().fuse(verbose=False).requires_grad_(False).to(device)


def _allowed(tasks: Any) -> Mapping[str, type]:
    """The class behind each name that a checkpoint may say. Names that this ultralytics lacks are left out."""
    from ultralytics.nn import modules
    from ultralytics.utils import IterableSimpleNamespace

    places = {f"torch.nn.modules.{name}": getattr(nn, name.split(".")[1]) for name in _TORCH.split()}
    for name in _ULTRALYTICS.split():
        file, layer = name.split(".")
        if hasattr(getattr(modules, file), layer):
            places[f"ultralytics.nn.modules.{name}"] = getattr(getattr(modules, file), layer)
    places |= {f"models.common.{layer}": getattr(modules, layer) for layer in _YOLOV5}
    model = type("DetectionModel", (tasks.DetectionModel,), {"__init__": _refuse})
    places |= {f"models.yolo.{name}": model for name in ("Model", "DetectionModel")}
    places |= {f"ultralytics.nn.tasks.{name}": model for name in ("DetectionModel", "YOLOv10DetectionModel")}
    return places | {
        "models.yolo.Detect": AnchorDetect,
        "ultralytics.utils.IterableSimpleNamespace": IterableSimpleNamespace,  # training arguments
    }


def _refuse(self: nn.Module, *_: Any, **__: Any) -> None:
    """In place of the model's constructor, which evaluates text of the configuration that it is called with.

    A pickle of a module sets its members and calls no constructor; one that does was made by hand.
    """
    raise TypeError("a call of the model's constructor")


def _read(path: Path, allowed: Mapping[str, type]) -> Any:
    try:
        named = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except (ValueError, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise _no_checkpoint(path, f"{_first_line(error)} (truncated, or no file of torch.save)") from error
    refused = sorted(set(named) - set(allowed))
    if refused:
        raise _no_checkpoint(path, f"a file that wants {', '.join(refused)}")
    try:
        with torch.serialization.safe_globals([(allowed[name], name) for name in named]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (
        RuntimeError,
        pickle.UnpicklingError,
        EOFError,
        TypeError,
        AttributeError,
    ) as error:  # as the file is damaged
        raise _no_checkpoint(path, _first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _no_checkpoint(path: Path, got: str) -> InvalidValue:
    todo = "name a .pt file of a YOLO detection model, of ultralytics or of YOLOv5 6.0 to 7.0, or download it again"
    return InvalidValue(f"a YOLO detection checkpoint in {path}", got, todo)
