"""Each metric's formula over the statistics of pairs of frames, and the changes to the frames that come before some."""

from __future__ import annotations

import torch
from torch import Tensor

from ahc_stream.core.resident import resident
from ahc_stream.kernels.quality import MS_SSIM_SCALES, SSIM_SIZE, Statistics, StatisticsRequest
from ahc_stream.metrics.entry import Fused
from ahc_stream.metrics.luma import both_as_luma

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (Wang, Simoncelli and Bovik, 2003)."""
BT709 = (0.2126, 0.7152, 0.0722)
"""Weights of R, G and B in the luma of BT.709."""
_ROUNDING = 1e-12
"""Share of the colour error below which the error of a plane is the rounding of a difference that should be zero."""


def mse(statistics: Statistics) -> Tensor:
    assert statistics.error is not None, "mse wants the error statistics"
    return statistics.error[:, 0]


def mae(statistics: Statistics) -> Tensor:
    assert statistics.error is not None, "mae wants the error statistics"
    return statistics.error[:, 1]


def psnr(statistics: Statistics) -> Tensor:
    return 10 * torch.log10(255**2 / mse(statistics))


def ssim(statistics: Statistics) -> Tensor:
    assert statistics.ssim is not None, "ssim wants its first scale"
    return statistics.ssim[:, 0, :, 0].mean(1)


def ms_ssim(statistics: Statistics) -> Tensor:
    assert statistics.ssim is not None, "ms_ssim wants its five scales"
    factors = torch.cat([statistics.ssim[:, :-1, :, 1], statistics.ssim[:, -1:, :, 0]], dim=1).relu()
    weights = resident(MS_SSIM_WEIGHTS, factors.dtype, factors.device).view(1, -1, 1)
    return (factors**weights).prod(1).mean(1)


def ms_ssim_db(statistics: Statistics) -> Tensor:
    return -10 * torch.log10((1 - ms_ssim(statistics)).clamp(min=0))


def vif(statistics: Statistics) -> Tensor:
    assert statistics.vif is not None, "vif wants its four scales"
    kept, whole = statistics.vif.sum(1).unbind(1)
    return kept / whole


def psnr_yuv_411(statistics: Statistics) -> Tensor:
    luma, cb, cr = _plane_psnr(statistics)
    return (4 * luma + cb + cr) / 6


def psnr_yuv_611(statistics: Statistics) -> Tensor:
    luma, cb, cr = _plane_psnr(statistics)
    return (6 * luma + cb + cr) / 8


def _plane_psnr(statistics: Statistics) -> tuple[Tensor, ...]:
    """PSNR of Y, Cb and Cr. A plane's error is linear in the channels', so their products give its mean square."""
    assert statistics.colour is not None, "psnr_yuv wants the products of the channels' errors"
    rr, gg, bb, rg, rb, gb = statistics.colour.unbind(1)
    floor = _ROUNDING * (rr + gg + bb)
    planes = []
    for r, g, b in _ycbcr():
        error = r * r * rr + g * g * gg + b * b * bb + 2 * (r * g * rg + r * b * rb + g * b * gb)
        planes.append(10 * torch.log10(255**2 / torch.where(error <= floor, 0, error)))
    return tuple(planes)


def _ycbcr() -> tuple[tuple[float, float, float], ...]:
    """The weights of R, G and B in Y, Cb and Cr, all of full range."""
    r, g, b = BT709
    cb, cr = 0.5 / (1 - b), 0.5 / (1 - r)
    return BT709, (-cb * r, -cb * g, 0.5), (0.5, -cr * g, -cr * b)


def ssim_study(statistics: Statistics) -> Tensor:
    return (1 + ssim(statistics)) / 2


def vif_study(statistics: Statistics) -> Tensor:
    return vif(statistics).view(-1, 3).mean(1)


def both_mirrored(reference: Tensor, distorted: Tensor) -> tuple[Tensor, Tensor]:
    """Both with a border of half a window, mirrored without repeating the edge; too small ones as they are."""
    return _mirrored(reference), _mirrored(distorted)


def _mirrored(frames: Tensor) -> Tensor:
    reach = SSIM_SIZE // 2
    if min(frames.shape[2:]) <= reach:
        return frames
    rows, columns = (_mirror(side, reach, frames.device) for side in frames.shape[2:])
    return frames[:, :, rows][..., columns]


def _mirror(side: int, reach: int, device: torch.device) -> Tensor:
    spans = (reach, 0, -1), (0, side, 1), (side - 2, side - 2 - reach, -1)
    return torch.cat([torch.arange(*span, device=device) for span in spans])


def exchanged_channels_in_unit_range(reference: Tensor, distorted: Tensor) -> tuple[Tensor, Tensor]:
    """The channels of `distorted` in the place of the reference, and those of `reference` in that of the distorted."""
    return _channels_in_unit_range(distorted), _channels_in_unit_range(reference)


def _channels_in_unit_range(frames: Tensor) -> Tensor:
    """Each channel as a grey frame of its own in 0..1: [3 N, 3, H, W], float32. A grey frame's luma is the channel."""
    channels = frames.to(torch.float32).div(255).flatten(0, 1)[:, None]
    return channels.expand(-1, 3, -1, -1)


MSE = Fused(StatisticsRequest(error=True), mse)
MAE = Fused(StatisticsRequest(error=True), mae)
PSNR = Fused(StatisticsRequest(error=True), psnr)
SSIM = Fused(StatisticsRequest(ssim_scales=1), ssim)
MS_SSIM = Fused(StatisticsRequest(ssim_scales=MS_SSIM_SCALES), ms_ssim)
MS_SSIM_DB = Fused(StatisticsRequest(ssim_scales=MS_SSIM_SCALES), ms_ssim_db)
VIF = Fused(StatisticsRequest(vif=True), vif)
PSNR_Y = Fused(StatisticsRequest(error=True), psnr, both_as_luma)
SSIM_Y = Fused(StatisticsRequest(ssim_scales=1), ssim, both_as_luma)
MS_SSIM_Y = Fused(StatisticsRequest(ssim_scales=MS_SSIM_SCALES), ms_ssim, both_as_luma)
PSNR_YUV_411 = Fused(StatisticsRequest(colour=True), psnr_yuv_411)
PSNR_YUV_611 = Fused(StatisticsRequest(colour=True), psnr_yuv_611)
SSIM_STUDY = Fused(StatisticsRequest(ssim_scales=1), ssim_study, both_mirrored)
VIF_STUDY = Fused(StatisticsRequest(vif=True), vif_study, exchanged_channels_in_unit_range)
