"""The statistics of `quality` on the GPU: Triton kernels over the frames' own memory, no atomics, fixed order of sums.

With TRITON_INTERPRET=1 set before this is imported they run on tensors in the CPU's memory, slowly, for tests.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .error_cuda import colour, error
from .quality import Statistics, Wanted
from .ssim_cuda import ssim
from .vif_cuda import vif


def statistics(reference: Tensor, distorted: Tensor, wanted: Wanted) -> Statistics:
    """Of uint8 or float32 [N, 3, H, W] on one GPU, strided as they like; bit for bit the same on every call."""
    x, y = reference.detach(), distorted.detach()
    with torch.cuda.device_of(x):  # Triton launches on the current device; a tensor of the CPU changes nothing
        return Statistics(
            error=error(x, y) if wanted.error else None,
            colour=colour(x, y) if wanted.colour else None,
            ssim=ssim(x, y, wanted.ssim_scales) if wanted.ssim_scales else None,
            vif=vif(x, y) if wanted.vif else None,
        )
