"""The statistics of `quality` on the GPU: Triton kernels over planes of quads, no atomics, fixed order of sums.

With TRITON_INTERPRET=1 set before this is imported they run on tensors in the CPU's memory, slowly, for tests.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .pixels_cuda import over_pixels
from .planes_cuda import in_quads
from .quality import VIF_SIZES, Statistics, StatisticsRequest
from .ssim_cuda import ssim
from .vif_cuda import can_measure, vif


def statistics(reference: Tensor, distorted: Tensor, request: StatisticsRequest) -> Statistics:
    """Of uint8 or float32 [N, 3, H, W] on one GPU, strided as they like; bit for bit the same on every call."""
    x, y = in_quads(reference.detach()), in_quads(distorted.detach())
    luma = request.vif and can_measure(*x.shape[2:])
    found = over_pixels(x, y, request.error, request.colour, luma)
    return Statistics(
        error=found.error,
        colour=found.colour,
        ssim=ssim(x, y, request.ssim_scales) if request.ssim_scales else None,
        vif=_vif(found.luma, x) if request.vif else None,
    )


def _vif(luma: tuple[Tensor, Tensor] | None, x: Tensor) -> Tensor:
    if luma is None:
        return torch.full((len(x), len(VIF_SIZES), 2), torch.nan, dtype=torch.float64, device=x.device)
    return vif(*luma)


def warm(request: StatisticsRequest, device: torch.device) -> None:
    """Compiles what `statistics` launches for uint8 frames, whatever their size: no kernel is specialised on one."""
    frames = torch.zeros((1, 3, 1 << 8, 1 << 8), dtype=torch.uint8, device=device)
    statistics(frames, frames, request)
