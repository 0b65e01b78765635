"""The transforms of scale-space flow, in one of five arithmetics. Encoder and decoder use the same one.

    float32     the default: channels-last convolutions on the CPU, and our own warp
    tf32        CUDA only: operands of convolutions rounded to ten bits of mantissa, summed in float32; channels last
    float16     CUDA only: half precision, channels-last; the warp stays in float32
    fixed       CPU only: convolutions with one order of summation, faster than float32 (`fixed_networks`)
    compressai  CompressAI's own functions in its own memory layout: its strings and pictures, bit for bit

The entropy parameters are not among them: they are float32 whatever is chosen here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.fixed_networks import fixed
from ahc_stream.codecs.learned.gpu_networks import Transform, check_gpu, gpu_transform, laid_out
from ahc_stream.codecs.learned.image_transforms import in_plain_layout
from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.errors import CodecError, InvalidValue
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
    return _on_gpu(model, "float16", torch.float16, tf32=False)


def _tf32(model: Model) -> FlowTransforms:
    return _on_gpu(model, "tf32", torch.float32, tf32=True)


def _on_gpu(model: Model, name: str, dtype: torch.dtype, tf32: bool) -> FlowTransforms:
    check_gpu(model, name, "float32")
    return FlowTransforms({network: gpu_transform(model, network, dtype, tf32) for network in NETWORKS}, warped)


_ARITHMETICS: Mapping[str, Callable[[Model], FlowTransforms]] = {
    "float32": _float32,
    "tf32": _tf32,
    "float16": _float16,
    "fixed": _fixed,
    "compressai": _compressai,
}


def _transform(network: nn.Module, layout: torch.memory_format, dtype: torch.dtype) -> Transform:
    return partial(laid_out, network, layout=layout, dtype=dtype)
