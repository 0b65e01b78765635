"""The statistics of `quality` on the CPU: numba loops over the frames' own memory, on as many threads as torch uses."""

from __future__ import annotations

import torch
from torch import Tensor

from .error_cpu import colour, error
from .quality import Statistics, StatisticsRequest
from .ssim_cpu import ssim
from .vif_cpu import vif


def statistics(reference: Tensor, distorted: Tensor, request: StatisticsRequest) -> Statistics:
    """Of uint8 or float32 [N, 3, H, W] on the CPU, strided as they like; bit for bit the same on every call."""
    x, y = reference.detach().numpy(), distorted.detach().numpy()
    return Statistics(
        error=torch.from_numpy(error(x, y)) if request.error else None,
        colour=torch.from_numpy(colour(x, y)) if request.colour else None,
        ssim=torch.from_numpy(ssim(x, y, request.ssim_scales)) if request.ssim_scales else None,
        vif=torch.from_numpy(vif(x, y)) if request.vif else None,
    )
