"""The statistics of `quality` on the GPU: Triton kernels over planes of quads, no atomics, fixed order of sums.

With TRITON_INTERPRET=1 set before this is imported they run on tensors in the CPU's memory, slowly, for tests.
"""

from __future__ import annotations

from torch import Tensor

from .pixels_cuda import over_pixels
from .planes_cuda import in_quads
from .quality import Statistics, StatisticsRequest
from .ssim_cuda import ssim
from .vif_cuda import vif


def statistics(reference: Tensor, distorted: Tensor, request: StatisticsRequest) -> Statistics:
    """Of uint8 or float32 [N, C, H, W] on one GPU, strided as they like; bit for bit the same on every call."""
    x, y = in_quads(reference.detach()), in_quads(distorted.detach())
    found = over_pixels(x, y, request.error, request.colour, luma=request.vif)
    return Statistics(
        error=found.error,
        colour=found.colour,
        ssim=ssim(x, y, request.ssim_scales) if request.ssim_scales else None,
        vif=vif(*found.luma) if found.luma else None,
    )
