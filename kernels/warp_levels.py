"""The blur levels of the scale-space warp: constants, and the pyramid's layout in memory."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

LEVELS = 6
"""The picture itself, and five levels of blur."""
SIGMA = 1.5
SIZE = 2 * math.ceil(3 * SIGMA) + 1
"""Side of the Gaussian window."""
MULTIPLE = 1 << (LEVELS - 2)
"""Height and width are multiples of this, so that the coarsest level has no half pixels."""


def level_starts(height: int, width: int) -> tuple[int, ...]:
    """Where each level of one plane begins in the pyramid's flat memory, and where the last one ends.

    Level 0 is the picture, which the pyramid does not hold: its entry is 0 and so is level 1's.
    """
    sizes = [(height >> s) * (width >> s) for s in range(LEVELS - 1)]
    return 0, *(sum(sizes[:s]) for s in range(LEVELS))


def pyramid_of(picture: Tensor, blurred: Callable[[Tensor], Tensor]) -> Tensor:
    """Levels 1 to 5 of every plane, one after the other: float32 [N, 3, floats], in the layout of `level_starts`.

    picture:  float32 [N, 3, H, W].
    blurred:  float32 [N, 3, h, w] -> the same under the Gaussian window, borders repeated.
    """
    _, _, height, width = picture.shape
    starts = level_starts(height, width)
    pyramid = picture.new_empty(*picture.shape[:2], starts[-1])
    coarse = picture
    for level in range(1, LEVELS):
        coarse = blurred(coarse if level == 1 else F.avg_pool2d(coarse, 2))
        pyramid[..., starts[level] : starts[level + 1]] = coarse.flatten(2)
    return pyramid
