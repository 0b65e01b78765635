"""Small tables of numbers on a device, uploaded once: each upload makes the host wait for the device."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


@lru_cache(maxsize=256)
def resident(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """The values as a tensor [n], the same one for all who ask: it is only read."""
    return torch.tensor(values, dtype=dtype, device=device)
