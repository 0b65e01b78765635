"""Frames between a clip's device and the encoders' memory: one move each way for a whole clip."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.host import to_host

Samples = NDArray[np.uint8]


def host_block(frames: Tensor) -> Samples:
    """A uint8 tensor on any device, of any strides, as one contiguous block in the CPU's memory."""
    flat = frames.contiguous().view(-1)  # because axes of length 1 may carry strides that imagecodecs refuses
    samples: Samples = to_host(flat).numpy()
    return samples.reshape(tuple(frames.shape))


def host_buffer(shape: tuple[int, ...], device: torch.device) -> Samples:
    """An uninitialised uint8 block to decode into; pinned where it will be sent to a GPU."""
    samples: Samples = torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda").numpy()
    return samples
