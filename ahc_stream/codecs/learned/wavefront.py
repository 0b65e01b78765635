"""The orders in which an autoregressive model may visit the positions of a latent. docs/wavefront.md has the picture.

A position (h, w) sees the two rows above it, five positions each, and the two positions to its left. The one furthest
ahead of those is (h - 1, w + 2), so everything it sees has a smaller w + 3h: all positions of equal w + 3h, a
wavefront, can be computed together, and an image takes W + 3(H - 1) such steps where raster order takes W H.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

KERNEL = 5  # side of the masked context
REACH = KERNEL // 2  # rows above, and positions to either side
SLOPE = REACH + 1  # a row later is this many steps later

Positions = Tensor
"""Positions h W + w that are computed together, one step: int64 [n]."""

StepGroup = tuple[Positions, ...]
"""Steps one after the other. The rows above all of their positions are known before the first step begins."""


def raster(height: int, width: int) -> list[StepGroup]:
    """Every position by itself, row by row: the order of CompressAI's strings."""
    rows = torch.arange(height * width).view(height, width)
    return [torch.split(row, 1) for row in rows]


def wavefront(height: int, width: int) -> list[StepGroup]:
    """All positions of equal w + 3h in one step, the smallest h first."""
    h, w = torch.arange(height)[:, None], torch.arange(width)
    front = (w + SLOPE * h).flatten()
    positions = torch.argsort(front, stable=True)
    counts = torch.bincount(front)
    return [(step,) for step in torch.split(positions, counts[counts > 0].tolist())]


WAVEFRONT = "wave"
"""The name of the wavefront order in operating points and headers."""

ORDERS: Mapping[str, Callable[[int, int], list[StepGroup]]] = {"raster": raster, WAVEFRONT: wavefront}
"""By the name that an operating point and a header have for them: the order of the symbols in a string."""


def sequence(order: str, height: int, width: int) -> Tensor:
    """Positions in the order of their symbols in a string: int64 [height * width]."""
    return torch.cat([step for group in ORDERS[order](height, width) for step in group])
