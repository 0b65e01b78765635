"""The transforms of scale-space flow, in one of four arithmetics. Encoder and decoder use the same one.

    float32     the default: channels-last convolutions on the CPU, and our own warp
    float16     CUDA only: half precision, channels-last; the warp stays in float32
    fixed       CPU only: convolutions with one order of summation, faster than float32 (`fixed_networks`)
    compressai  CompressAI's own functions in its own memory layout: its strings and pictures, bit for bit

The entropy parameters are not among them: they are float32 whatever is chosen here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.fixed_networks import fixed
from ahc_stream.codecs.learned.image_transforms import Transform, in_plain_layout
from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.sharing import Shared
from ahc_stream.kernels.warp import warped

NETWORKS = tuple(f"{latent}_{way}" for latent in ("img", "motion", "res") for way in ("encoder", "decoder"))


@dataclass(frozen=True, eq=False)
class FlowTransforms:
    """What a frame passes through.

    run:      by name ("img_encoder", "motion_decoder" ...), float32 [B, ...] -> float32 [B, ...] in plain layout.
    predict:  reference and motion, float32 [B, 3, H, W] each -> prediction.
    """

    run: Mapping[str, Transform]
    predict: Callable[[Tensor, Tensor], Tensor]


def flow_transforms(model: Model, name: str) -> FlowTransforms:
    """The transforms by name. Raises InvalidValue for another name, CodecError where the device cannot do them."""
    if name not in _ARITHMETICS:
        raise InvalidValue(f"transforms as one of {', '.join(_ARITHMETICS)}", repr(name), "write transforms=float32")
    return _ARITHMETICS[name](model)


def _compressai(model: Model) -> FlowTransforms:
    run = {
        name: _transform(model.network.get_submodule(name), torch.contiguous_format, torch.float32) for name in NETWORKS
    }
    return FlowTransforms(run, model.network.forward_prediction)


def _float32(model: Model) -> FlowTransforms:
    """On the CPU a transposed convolution takes two thirds of the time with its channels last."""
    layout = torch.channels_last if model.device.type == "cpu" else torch.contiguous_format
    run = {name: _transform(model.network.get_submodule(name), layout, torch.float32) for name in NETWORKS}
    return FlowTransforms(run, warped)


def _fixed(model: Model) -> FlowTransforms:
    if model.device.type != "cpu":
        raise CodecError("the CPU for transforms=fixed", str(model.device), "use transforms=float32, or the CPU")
    run = {name: in_plain_layout(fixed(model.network.get_submodule(name))) for name in NETWORKS}
    return FlowTransforms(run, warped)


def _float16(model: Model) -> FlowTransforms:
    if model.device.type != "cuda":
        raise CodecError("a CUDA device for float16", str(model.device), "use transforms=float32, or a GPU")
    halves = _halves.get(model, lambda: _all_halved(model), model.device)
    run = {name: _transform(half, torch.channels_last, torch.float16) for name, half in halves.items()}
    return FlowTransforms(run, warped)


_halves: Shared[Model, Mapping[str, nn.Module]] = Shared(WeakKeyDictionary())
"""One copy for all lanes, as of the networks."""

_ARITHMETICS: Mapping[str, Callable[[Model], FlowTransforms]] = {
    "float32": _float32,
    "float16": _float16,
    "fixed": _fixed,
    "compressai": _compressai,
}


def _all_halved(model: Model) -> Mapping[str, nn.Module]:
    return {name: _halved(model.network.get_submodule(name)) for name in NETWORKS}


def _halved(network: nn.Module) -> nn.Module:
    half = copy.deepcopy(network).to(torch.float16)
    return half.to(memory_format=torch.channels_last)


def _transform(network: nn.Module, layout: torch.memory_format, dtype: torch.dtype) -> Transform:
    """Copies, not views: where a side is 1 a tensor fits both layouts, and its strides would choose the kernel."""

    def run(batch: Tensor) -> Tensor:
        result: Tensor = network(batch.to(dtype).clone(memory_format=layout))
        return result.to(torch.float32).clone(memory_format=torch.contiguous_format)

    return run
