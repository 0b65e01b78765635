"""The statistics of `quality` on the CPU: numba loops over the frames' own memory, on as many threads as torch uses."""

from __future__ import annotations

import torch
from torch import Tensor

from .error_cpu import colour, error
from .quality import Statistics, Wanted
from .ssim_cpu import ssim
from .vif_cpu import vif


def statistics(reference: Tensor, distorted: Tensor, wanted: Wanted) -> Statistics:
    """Of uint8 or float32 [N, 3, H, W] on the CPU, strided as they like; bit for bit the same on every call."""
    x, y = reference.detach().numpy(), distorted.detach().numpy()
    return Statistics(
        error=torch.from_numpy(error(x, y)) if wanted.error else None,
        colour=torch.from_numpy(colour(x, y)) if wanted.colour else None,
        ssim=torch.from_numpy(ssim(x, y, wanted.ssim_scales)) if wanted.ssim_scales else None,
        vif=torch.from_numpy(vif(x, y)) if wanted.vif else None,
    )
