"""Blocks of frames as one block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def join_frames(blocks: Sequence[Tensor]) -> Tensor:
    """uint8 [n, 3, H, W] each, on one device -> [N, 3, H, W]: a copy, but of a single block itself.

    On the CPU it is one thread's copy: torch.cat wakes torch's threads, which then spin for milliseconds on the
    processors that encoders have use for.
    """
    if len(blocks) == 1:
        return blocks[0]
    if blocks[0].device.type != "cpu":
        return torch.cat(list(blocks))
    return torch.from_numpy(np.concatenate([block.numpy() for block in blocks]))
