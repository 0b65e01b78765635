"""Frames between a clip's device and the encoders' memory: one move each way for a whole clip."""

from __future__ import annotations

import os

import numpy as np
import torch
from torch import Tensor

WORKERS = min(4, os.cpu_count() or 1)
"""Threads that one codec object spreads its frames over: a lane wants several, and several lanes run at once."""


def to_host(frames: Tensor) -> np.ndarray:
    """A uint8 tensor on any device, of any strides, as one contiguous block in the CPU's memory."""
    packed = frames.contiguous().view(-1)  # flat, because axes of length 1 may carry strides that imagecodecs refuses
    if packed.device.type != "cpu":
        packed = torch.empty(packed.shape, dtype=torch.uint8, pin_memory=True).copy_(packed)
    return packed.numpy().reshape(tuple(frames.shape))


def host_buffer(shape: tuple[int, ...], device: torch.device) -> np.ndarray:
    """An uninitialised uint8 block to decode into; pinned where it will be sent to a GPU."""
    return torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda").numpy()
