"""Frames between a clip's device and the encoders' memory: one move each way for a whole clip."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def to_host(frames: Tensor) -> np.ndarray:
    """uint8 [N, 3, H, W] on any device -> uint8 [N, H, W, 3] in the CPU's memory, one contiguous block."""
    packed = frames.permute(0, 2, 3, 1).contiguous()
    if packed.device.type == "cpu":
        return packed.numpy()
    host = torch.empty(packed.shape, dtype=torch.uint8, pin_memory=True)
    return host.copy_(packed).numpy()


def host_buffer(shape: tuple[int, ...], device: torch.device) -> np.ndarray:
    """An uninitialised uint8 block to decode into; pinned where `to_device` will send it to a GPU."""
    return torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda").numpy()


def to_device(pixels: np.ndarray, device: torch.device) -> Tensor:
    """uint8 [N, H, W, 3] -> uint8 [N, 3, H, W] on `device`, contiguous."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).contiguous()
