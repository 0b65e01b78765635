"""Float arithmetic that an encoder and its decoder repeat bit for bit, and batches that fit into memory.

The entropy parameters decide how a string is read: one different last bit and the rest of it is garbage. So both sides
compute them with the same code on the same shapes (one frame at a time), in float32 and one thread, with convolution algorithms that
do not depend on the run. What remains outside our control, another device or library version, the checksum of the
symbols catches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import CodecError

NAME = "float32"
FLOAT32: Mapping[str, str] = MappingProxyType({"arithmetic": NAME})
"""What a stream's header says about its arithmetic, where it is that of the networks: all but the context models."""


@contextmanager
def fixed_arithmetic(device: torch.device) -> Iterator[None]:
    """Without autograd, autocast, TF32, autotuning, or kernels whose sums depend on the run.

    `torch.backends.cudnn` holds the same switches, but for the whole process: a lane that leaves such a context would
    switch TF32 on again under another lane. This context belongs to the calling thread alone.
    """
    on_gpu = device.type == "cuda" and torch.backends.cudnn.is_available()
    convolutions = _FixedConvolutions() if on_gpu else nullcontext()
    with torch.no_grad(), torch.autocast(device.type, enabled=False), convolutions:
        yield


@contextmanager
def one_thread(device: torch.device) -> Iterator[None]:
    """Within it, convolutions on the CPU take one thread, of this lane alone: with two, oneDNN sums in another order.

    For the small networks that predict entropy parameters. OpenMP keeps the number per thread, so other lanes keep
    theirs; MKL, which these convolutions do not call, may for that long use one.
    """
    before = torch.get_num_threads()
    if device.type != "cpu" or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _FixedConvolutions(TorchFunctionMode):
    """Calls cuDNN with its switches as arguments, where torch would take them from the process."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _FIXED.get(func, func)(*args, **(kwargs or {}))


_BENCHMARK, _DETERMINISTIC, _TF32 = False, True, False


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    sizes = _pair(padding), _pair(stride), _pair(dilation)
    out = torch.cudnn_convolution(
        input.contiguous(), weight.contiguous(), *sizes, groups, _BENCHMARK, _DETERMINISTIC, _TF32
    )
    return _biased(out, bias)


def _conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    sizes = _pair(padding), _pair(output_padding), _pair(stride), _pair(dilation)
    out = torch.cudnn_convolution_transpose(
        input.contiguous(), weight.contiguous(), *sizes, groups, _BENCHMARK, _DETERMINISTIC, _TF32
    )
    return _biased(out, bias)


_FIXED: dict[Any, Callable[..., Any]] = {torch.conv2d: _conv2d, torch.conv_transpose2d: _conv_transpose2d}


def _pair(value: Any) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _biased(out: Tensor, bias: Tensor | None) -> Tensor:
    return out if bias is None else out.add_(bias.view(-1, 1, 1))


GIBIBYTE = 1 << 30
BUDGET_BYTES = 4 * GIBIBYTE
BYTES_PER_PIXEL = 1024  # live activations of the widest transform, float32, per padded pixel; measured 700 to 1000
BATCH_PIXELS = 1 << 20
"""Padded pixels of a batch of pictures on a GPU: enough work for it, and little lost where a batch is not full."""


def frames_at_once(padded: tuple[int, int], device: torch.device) -> int:
    """Frames that memory lets go through a transform together. One on the CPU, where a batch gains nothing."""
    if device.type == "cpu":
        return 1
    return max(1, BUDGET_BYTES // (BYTES_PER_PIXEL * padded[0] * padded[1]))


def in_picture_batches(transform: Callable[[Tensor], Tensor], batch: Tensor, padded: tuple[int, int]) -> Tensor:
    """`transform` over `batch`, float or uint8 [N, ...], of pictures of a padded size. Raises CodecError out of memory.

    Every batch has one shape, which size and device decide: a picture's bits do not depend on what it came with.
    """
    size = batch_size(batch.device, BATCH_PIXELS, padded[0] * padded[1])
    with within_memory(batch, size):
        return in_fixed_batches(transform, size, batch)


@contextmanager
def within_memory(batch: Tensor, size: int) -> Iterator[None]:
    """Turns running out of it into a CodecError. A smaller batch would be another shape, and other bits."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        got = f"out of memory on {batch.device} at {size} frames of {tuple(batch.shape[1:])}"
        raise CodecError("memory for the transforms", got, "use fewer lanes") from error
