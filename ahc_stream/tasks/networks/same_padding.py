"""TensorFlow's padding "SAME", which Keras, ONNX ("SAME_UPPER") and networks trained in TensorFlow share."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F


def pad_same(x: Tensor, reach: Sequence[int], stride: Sequence[int], value: float = 0.0) -> Tensor:
    """[N, C, *size] with `value` around it, so that an operator's output sizes are ceil(size / stride). An odd pixel of
    padding comes at the end: below, right, later.

    reach:  of each axis, pixels from the operator's first tap to its last, both counted.
    """
    margins: list[int] = []  # as F.pad takes them: last axis first, each before and after
    for length, taps, step in zip(reversed(x.shape[2:]), reversed(reach), reversed(stride), strict=True):
        outputs = -(-length // step)
        total = max((outputs - 1) * step + taps - length, 0)
        margins += [total // 2, total - total // 2]
    return F.pad(x, margins, value=value)
