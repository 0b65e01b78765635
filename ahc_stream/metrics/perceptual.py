"""LPIPS through its own package, in float32 on either device, with the trunks of `weights.PERCEPTUAL`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import InvalidValue, MissingExtra
from ahc_stream.metrics.entry import Standalone
from ahc_stream.weights.unpickle import UnreadableFile, read_arrays


@dataclass(frozen=True, eq=False)
class Lpips:
    """One network on one device, for all lanes: it is only read.

    batch_pixels:  pixels of a pair of frames that may go through at once: bounds the memory.
    min_side:      below it a layer has no pixel.
    """

    network: nn.Module
    batch_pixels: int
    min_side: int

    def __call__(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """float64 [N] of frames in 0..255."""
        if min(reference.shape[2:]) < self.min_side:
            return torch.full((len(reference),), torch.nan, dtype=torch.float64, device=reference.device)
        size = batch_size(reference.device, self.batch_pixels, reference.shape[2] * reference.shape[3])
        return in_fixed_batches(self._distances, size, reference, distorted)

    def _distances(self, reference: Tensor, distorted: Tensor) -> Tensor:
        distances: Tensor = self.network(_scaled(reference), _scaled(distorted))
        return distances.flatten().double()


def alex(device: torch.device) -> Lpips:
    """The measurer of `METRICS["lpips_alex"]`. Raises MissingExtra, MissingData, InvalidValue for a damaged file."""
    return Lpips(_network("alex", _weights("lpips-alex"), device), batch_pixels=1 << 24, min_side=31)


def vgg(device: torch.device) -> Lpips:
    """The measurer of `METRICS["lpips_vgg"]`. Raises MissingExtra, MissingData, InvalidValue for a damaged file."""
    return Lpips(_network("vgg", _weights("lpips-vgg"), device), batch_pixels=1 << 21, min_side=16)


LPIPS_ALEX = Standalone(alex, weights=("lpips-alex",))
LPIPS_VGG = Standalone(vgg, weights=("lpips-vgg",))


def _weights(name: str) -> Path:
    from ahc_stream import weights

    return weights.find(name)


def _scaled(frames: Tensor) -> Tensor:
    return (frames.to(torch.float32) / 127.5 - 1).contiguous()


def _network(trunk: str, path: Path, device: torch.device) -> nn.Module:
    """The package's model, whose own file has the layers that LPIPS adds, with the trunk at `path`."""
    arrays = _read(path)
    network: nn.Module = _without_trunk(trunk)
    try:
        _fill(network.get_submodule("net"), arrays)
    except (KeyError, TypeError, RuntimeError) as error:  # a layer is missing, is no array, or has another shape
        raise _no_trunk(path, f"{type(error).__name__}: {error}") from error
    return network.requires_grad_(False).to(device)


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


def _without_trunk(trunk: str) -> Any:
    """lpips.LPIPS with random numbers for a trunk, so that nothing is downloaded, and no random state is used up."""
    try:
        import lpips
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "lpips") from error
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it calls torchvision by names that are deprecated
        return lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False)


def _read(path: Path) -> Mapping[str, Any]:
    """The trunk's layers by name, each with its `kernel` [rows, columns, in, out] and `bias`."""
    try:
        tree: Any = read_arrays(path)
        return next(layers for name, layers in tree.items() if name in ("AlexNet_0", "VGG16_0"))
    except (UnreadableFile, AttributeError, StopIteration) as error:
        raise _no_trunk(path, str(error) or "a file without them") from error


def _no_trunk(path: Path, got: str) -> InvalidValue:
    return InvalidValue(f"the arrays of an LPIPS trunk in {path}", got, "remove it and download it again")
