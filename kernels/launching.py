"""Where Triton's kernels are launched."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor


def current(tensor: Tensor) -> AbstractContextManager[None]:
    """Makes the tensor's device the current one, on which Triton launches. A tensor of the CPU changes nothing."""
    device: AbstractContextManager[None] = torch.cuda.device_of(tensor)  # type: ignore[no-untyped-call]  # torch has none
    return device
