"""cuDNN's convolutions with the switches that fix their bits, whatever the process has set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class FixedConvolutions(TorchFunctionMode):
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
