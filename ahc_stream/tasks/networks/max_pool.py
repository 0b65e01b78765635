"""The maximum over windows in three dimensions, axis by axis on the CPU.

torch's own loop for three dimensions looks at each tap of each window, one number after the other: a third of I3D's
time. Along one axis, maxima of shifted tensors are vector code, and a window of 3 x 3 x 3 has 6 of them in place of 26
comparisons. A maximum is one of its arguments, so both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def max_pool3d(x: Tensor, kernel: Sequence[int], stride: Sequence[int]) -> Tensor:
    """[N, C, T, H, W] -> the maximum of each window that lies inside; kernel and stride along T, H and W."""
    is_recorded = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # torch gives it no types
    if x.device.type != "cpu" or is_recorded:  # a GPU and a runtime have better loops of their own
        return F.max_pool3d(x, tuple(kernel), tuple(stride))
    for axis, (taps, step) in enumerate(zip(kernel, stride, strict=True), start=2):
        x = _along(x, axis, taps, step)
    return x


def _along(x: Tensor, axis: int, taps: int, step: int) -> Tensor:
    """The maximum of `taps` neighbours along one axis, at every `step`-th place."""
    reach = x.shape[axis] - taps + 1
    shifted = [x.narrow(axis, tap, reach).unfold(axis, 1, step).squeeze(-1) for tap in range(taps)]
    result = shifted[0]
    for other in shifted[1:]:
        result = torch.maximum(result, other)
    return result
