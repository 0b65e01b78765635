"""The orders in which an autoregressive model may visit the positions of a latent. docs/wave.md has the picture.

A position (h, w) sees the two rows above it, five positions each, and the two positions to its left. The one furthest
ahead of those is (h - 1, w + 2), so everything it sees has a smaller w + 3h: all positions of equal w + 3h can be
worked out together, and an image takes W + 3(H - 1) such steps where raster order takes W H.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

KERNEL = 5  # side of the masked context
REACH = KERNEL // 2  # rows above, and positions to either side
SLOPE = REACH + 1  # a row later is this many steps later

Step = Tensor
"""Positions h W + w that are worked out together: int64 [n]."""

Stretch = tuple[Step, ...]
"""Steps one after the other. What the rows above say is known for all of them before the first begins."""


def raster(height: int, width: int) -> list[Stretch]:
    """Every position by itself, row by row: the order of CompressAI's strings."""
    return [tuple(row.split(1)) for row in torch.arange(height * width).view(height, width)]


def wave(height: int, width: int) -> list[Stretch]:
    """All positions of equal w + 3h in one step, the smallest h first."""
    h, w = torch.arange(height)[:, None], torch.arange(width)
    when = (w + SLOPE * h).flatten()
    positions = torch.argsort(when, stable=True)
    counts = torch.bincount(when)
    return [(step,) for step in positions.split(counts[counts > 0].tolist())]


ORDERS: Mapping[str, Callable[[int, int], list[Stretch]]] = {"raster": raster, "wave": wave}
"""By the name that an operating point and a header have for them: the order of the symbols in a string."""


def sequence(order: str, height: int, width: int) -> Tensor:
    """Positions in the order of their symbols in a string: int64 [height * width]."""
    return torch.cat([step for stretch in ORDERS[order](height, width) for step in stretch])
