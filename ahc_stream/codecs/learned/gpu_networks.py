"""The same networks for the tensor cores of a GPU: channels last, in half precision or with rounded operands."""

from __future__ import annotations

import copy
from collections.abc import Callable
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.arithmetic import convolutions
from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.errors import CodecError
from ahc_stream.core.sharing import Shared

Transform = Callable[[Tensor], Tensor]
"""float32 [B, ...] -> float32 [B, ...], in plain layout."""

_made: Shared[Model, Shared[tuple[str, torch.dtype], nn.Module]] = Shared(WeakKeyDictionary())
"""By model, its networks by name and type: one copy of the weights for all lanes."""


def check_gpu(model: Model, arithmetic: str, otherwise: str) -> None:
    """Raises CodecError where the model is not on a GPU. otherwise: the transforms that the CPU has."""
    if model.device.type != "cuda":
        todo = f"use transforms={otherwise}, or a GPU"
        raise CodecError(f"a CUDA device for {arithmetic}", str(model.device), todo)


def gpu_transform(model: Model, name: str, dtype: torch.dtype, tf32: bool) -> Transform:
    """A network of the model by its name, computed in `dtype` with channels last.

    tf32:  whether operands of convolutions are rounded to ten bits of mantissa.
    """
    network = _channels_last(model, name, dtype)

    def run(batch: Tensor) -> Tensor:
        with convolutions(batch.device, tf32):
            return laid_out(network, batch, torch.channels_last, dtype)

    return run


def laid_out(network: nn.Module, batch: Tensor, layout: torch.memory_format, dtype: torch.dtype) -> Tensor:
    """Through a network in another layout and type, and back.

    Copies, not views: where a side is 1 a tensor fits both layouts, and its strides would choose the kernel.
    """
    result: Tensor = network(batch.to(dtype).clone(memory_format=layout))
    return result.to(torch.float32).clone(memory_format=torch.contiguous_format)


def _channels_last(model: Model, name: str, dtype: torch.dtype) -> nn.Module:
    def make() -> nn.Module:
        network: nn.Module = copy.deepcopy(model.network.get_submodule(name)).to(dtype)
        return network.to(memory_format=torch.channels_last)

    of_model: Shared[tuple[str, torch.dtype], nn.Module] = _made.get(model, Shared, model.device)
    return of_model.get((name, dtype), make, model.device)
