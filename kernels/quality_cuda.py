"""The statistics of `quality` on the GPU: Triton kernels over the frames' own memory, no atomics, fixed order of sums.

With TRITON_INTERPRET=1 set before this is imported they run on tensors in the CPU's memory, slowly, for tests.
"""

from __future__ import annotations

from torch import Tensor

from .error_cuda import colour, error
from .launching import current
from .quality import Statistics, StatisticsRequest
from .ssim_cuda import ssim
from .vif_cuda import vif


def statistics(reference: Tensor, distorted: Tensor, request: StatisticsRequest) -> Statistics:
    """Of uint8 or float32 [N, 3, H, W] on one GPU, strided as they like; bit for bit the same on every call."""
    x, y = reference.detach(), distorted.detach()
    with current(x):
        return Statistics(
            error=error(x, y) if request.error else None,
            colour=colour(x, y) if request.colour else None,
            ssim=ssim(x, y, request.ssim_scales) if request.ssim_scales else None,
            vif=vif(x, y) if request.vif else None,
        )
