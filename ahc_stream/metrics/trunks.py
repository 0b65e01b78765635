"""ImageNet trunks of perceptual metrics: the files of `weights.PERCEPTUAL`, and the networks that they are put into."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.weights.unpickle import UnreadableFile, read_arrays


def file(name: str) -> Path:
    """The file of a name in the table of weights. Raises MissingData."""
    from ahc_stream import weights

    return weights.find(name)


def read(path: Path) -> Mapping[str, Any]:
    """The trunk's layers by name, each with its `kernel` [rows, columns, in, out] and `bias`. Raises InvalidValue."""
    try:
        tree: Any = read_arrays(path)
        return next(layers for name, layers in tree.items() if name in ("AlexNet_0", "VGG16_0"))
    except (UnreadableFile, AttributeError, StopIteration) as error:
        raise _no_trunk(path, str(error) or "a file without them") from error


def fill(trunk: nn.Module, arrays: Mapping[str, Any], path: Path) -> None:
    """Puts the arrays into the convolutions of the stages of `trunk`, which compute in full float32 from then on.

    Raises InvalidValue, which names the file, where they are of another network.
    """
    try:
        _fill(trunk, arrays)
    except (KeyError, TypeError, RuntimeError) as error:  # a layer is missing, is no array, or has another shape
        raise _no_trunk(path, f"{type(error).__name__}: {error}") from error


def _fill(trunk: nn.Module, arrays: Mapping[str, Any]) -> None:
    layers = [(stage, *named) for stage in trunk.children() for named in stage.named_children()]
    convolutions = [layer for layer in layers if isinstance(layer[2], nn.Conv2d)]
    for number, (stage, name, convolution) in enumerate(convolutions):
        stored = arrays[f"Conv_{number}"]
        kernel, bias = (torch.from_numpy(np.array(stored[key])) for key in ("kernel", "bias"))
        convolution.load_state_dict({"weight": kernel.permute(3, 2, 0, 1).contiguous(), "bias": bias})
        stage.add_module(name, _Convolution(convolution))


class _Convolution(nn.Module):
    """In full float32: cuDNN's switch, which belongs to the process, would allow it mantissas of ten bits."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, frames: Tensor) -> Tensor:
        layer = self.layer
        sizes = layer.stride, layer.padding, layer.dilation
        benchmark, deterministic, cudnn, tf32 = False, True, True, False
        return torch._convolution(
            frames, layer.weight, layer.bias, *sizes, False, (0, 0), 1, benchmark, deterministic, cudnn, tf32
        )


def _no_trunk(path: Path, got: str) -> InvalidValue:
    return InvalidValue(f"the arrays of an LPIPS trunk in {path}", got, "remove it and download it again")
