"""cuDNN's convolutions with the switches that fix their bits, whatever the process has set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class FixedConvolutions(TorchFunctionMode):
    """Calls cuDNN with its switches as arguments, where torch would take them from the process.

    The innermost one decides. Each convolution has the memory layout of its network's weights.
    """

    def __init__(self, tf32: bool = False) -> None:
        """tf32: operands are rounded to ten bits of mantissa, products are summed in float32."""
        super().__init__()
        self._instead: Mapping[Any, Callable[..., Any]] = {
            torch.conv2d: partial(_conv2d, tf32),
            torch.conv_transpose2d: partial(_conv_transpose2d, tf32),
        }

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return self._instead.get(func, func)(*args, **(kwargs or {}))


_BENCHMARK, _DETERMINISTIC = False, True


def _conv2d(
    tf32: bool,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    sizes = _pair(padding), _pair(stride), _pair(dilation)
    operands = _in_one_layout(input, weight)
    return _biased(torch.cudnn_convolution(*operands, *sizes, groups, _BENCHMARK, _DETERMINISTIC, tf32), bias)


def _conv_transpose2d(
    tf32: bool,
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
    operands = _in_one_layout(input, weight)
    out = torch.cudnn_convolution_transpose(*operands, *sizes, groups, _BENCHMARK, _DETERMINISTIC, tf32)
    return _biased(out, bias)


def _in_one_layout(input: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the layout of the weights; in the input's, where weights of one pixel fit either."""
    judge = input if _is_plain(weight) and _has_channels_last(weight) else weight
    is_last = _has_channels_last(judge) and not _is_plain(judge)
    layout = torch.channels_last if is_last else torch.contiguous_format
    return input.contiguous(memory_format=layout), weight.contiguous(memory_format=layout)


def _is_plain(tensor: Tensor) -> bool:
    return tensor.is_contiguous()


def _has_channels_last(tensor: Tensor) -> bool:
    return tensor.is_contiguous(memory_format=torch.channels_last)


def _pair(value: Any) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _biased(out: Tensor, bias: Tensor | None) -> Tensor:
    return out if bias is None else out.add_(bias.view(-1, 1, 1))
