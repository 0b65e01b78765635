"""The transforms of scale-space flow, in one of three arithmetics. Encoder and decoder use the same one.

    float32     the default: channels-last convolutions on the CPU, and our own warp
    float16     CUDA only: half precision, channels-last; the warp stays in float32
    compressai  CompressAI's own functions in its own memory layout: its strings and pictures, bit for bit

The entropy parameters are not among them: they are float32 whatever is chosen here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.kernels.warp import warped

DEFAULT = "float32"
PARTS = tuple(f"{latent}_{way}" for latent in ("img", "motion", "res") for way in ("encoder", "decoder"))
MOST_THREADS = 256

Transform = Callable[[Tensor], Tensor]


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
    if name not in _MAKERS:
        raise InvalidValue(f"transforms as one of {', '.join(_MAKERS)}", repr(name), f"write transforms={DEFAULT}")
    return _MAKERS[name](model)


def _compressai(model: Model) -> FlowTransforms:
    run = {part: _run(model.network.get_submodule(part), torch.contiguous_format, torch.float32) for part in PARTS}
    return FlowTransforms(run, model.network.forward_prediction)


def _float32(model: Model) -> FlowTransforms:
    """On the CPU a transposed convolution takes two thirds of the time with its channels last."""
    layout = torch.channels_last if model.device.type == "cpu" else torch.contiguous_format
    run = {part: _run(model.network.get_submodule(part), layout, torch.float32) for part in PARTS}
    return FlowTransforms(run, warped)


def _float16(model: Model) -> FlowTransforms:
    if model.device.type != "cuda":
        raise CodecError("a CUDA device for float16", str(model.device), "use transforms=float32, or a GPU")
    halves = _half.get(model)
    if halves is None:
        halves = _half[model] = {part: _halved(model.network.get_submodule(part)) for part in PARTS}
    run = {part: _run(half, torch.channels_last, torch.float16) for part, half in halves.items()}
    return FlowTransforms(run, warped)


_half: WeakKeyDictionary[Model, dict[str, nn.Module]] = WeakKeyDictionary()  # one copy for all lanes, as of the network
_MAKERS: Mapping[str, Callable[[Model], FlowTransforms]] = {
    "float32": _float32,
    "float16": _float16,
    "compressai": _compressai,
}


def _halved(part: nn.Module) -> nn.Module:
    return copy.deepcopy(part).to(torch.float16).to(memory_format=torch.channels_last)


def _run(part: nn.Module, layout: torch.memory_format, dtype: torch.dtype) -> Transform:
    """Copies, not views: where a side is 1 a tensor fits both layouts, and its strides would choose the kernel."""

    def run(batch: Tensor) -> Tensor:
        result = part(batch.to(dtype).clone(memory_format=layout))
        return result.to(torch.float32).clone(memory_format=torch.contiguous_format)

    return run


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Within it, torch uses `count` threads for this thread's work on the CPU.

    oneDNN chooses how it splits a transposed convolution, and so the order of its sums, by the number of threads: with
    4 threads the entropy parameters differ from those with 1. So a stream says how many its encoder had.
    """
    before = torch.get_num_threads()
    if count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
