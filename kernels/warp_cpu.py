"""`warp` on the CPU: compiled loops over rows, on as many threads as torch uses."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ._native import blur_planes, warp_pictures
from .quality import gaussian
from .warp_levels import SIGMA, SIZE, level_starts, pyramid_of

_MARGIN = SIZE // 2
_TAPS = np.array(gaussian(SIZE, SIGMA)[: SIZE // 2 + 1], np.float32)  # the rest mirror them


def warped(reference: Tensor, motion: Tensor, variant: int = 0) -> Tensor:
    """See `warp.warped`; both contiguous. variant: counts what `_native.pixel_variants` lists; it changes no bit."""

    def blurred(picture: Tensor) -> Tensor:
        return _blurred(picture, variant)

    pyramid, out = pyramid_of(reference, blurred), torch.empty_like(reference)
    starts = np.array(level_starts(*reference.shape[2:]))
    warp_pictures(reference, pyramid, starts, motion, out, torch.get_num_threads(), variant)
    return out


def _blurred(picture: Tensor, variant: int) -> Tensor:
    padded, out = F.pad(picture, (_MARGIN,) * 4, mode="replicate"), torch.empty_like(picture)
    blur_planes(padded.flatten(0, 1), _TAPS, out.flatten(0, 1), torch.get_num_threads(), variant)
    return out
