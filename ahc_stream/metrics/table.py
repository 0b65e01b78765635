"""The metrics: what each one is, in one sentence, and its formula over the statistics of a pair of frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.kernels.quality import MS_SSIM_SCALES, Statistics, Wanted

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, finest first (Wang, Simoncelli and Bovik, 2003)."""


@dataclass(frozen=True)
class Metric:
    """A full-reference image metric, one value per frame.

    definition:  one sentence: channels, window, sigma, range, downsampling, source, and where it is undefined (NaN).
    wanted:      the statistics it is made of, which one fused pass computes for all metrics that are asked for.
    value:       statistics -> float64 [N].
    """

    name: str
    unit: str
    definition: str
    higher_is_better: bool
    wanted: Wanted
    value: Callable[[Statistics], Tensor]


def _mse(statistics: Statistics) -> Tensor:
    assert statistics.error is not None, "mse wants the error statistics"
    return statistics.error[:, 0]


def _mae(statistics: Statistics) -> Tensor:
    assert statistics.error is not None, "mae wants the error statistics"
    return statistics.error[:, 1]


def _psnr(statistics: Statistics) -> Tensor:
    return 10 * torch.log10(255**2 / _mse(statistics))


def _ssim(statistics: Statistics) -> Tensor:
    assert statistics.ssim is not None, "ssim wants its first scale"
    return statistics.ssim[:, 0, :, 0].mean(1)


def _ms_ssim(statistics: Statistics) -> Tensor:
    assert statistics.ssim is not None, "ms_ssim wants its five scales"
    factors = torch.cat([statistics.ssim[:, :-1, :, 1], statistics.ssim[:, -1:, :, 0]], dim=1).relu()
    weights = factors.new_tensor(MS_SSIM_WEIGHTS).view(1, -1, 1)
    return (factors**weights).prod(1).mean(1)


def _vif(statistics: Statistics) -> Tensor:
    assert statistics.vif is not None, "vif wants its four scales"
    kept, whole = statistics.vif.sum(1).unbind(1)
    return kept / whole


METRICS: dict[str, Metric] = {
    "mse": Metric(
        name="mse",
        unit="squared grey levels",
        definition="Mean of the squared differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        wanted=Wanted(error=True),
        value=_mse,
    ),
    "mae": Metric(
        name="mae",
        unit="grey levels",
        definition="Mean of the absolute differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        wanted=Wanted(error=True),
        value=_mae,
    ),
    "psnr": Metric(
        name="psnr",
        unit="dB",
        definition="10 log10(255^2 / MSE) with one MSE over R, G, B of the frame; infinite for identical frames.",
        higher_is_better=True,
        wanted=Wanted(error=True),
        value=_psnr,
    ),
    "ssim": Metric(
        name="ssim",
        unit="1",
        definition=(
            "SSIM (Wang et al., 2004) of R, G and B each, averaged: Gaussian window 11 x 11, sigma 1.5, only where it "
            "fits, weighted (biased) variances, K1 = 0.01, K2 = 0.03, range 255, no downsampling (as pytorch-msssim); "
            "undefined below 11 pixels a side."
        ),
        higher_is_better=True,
        wanted=Wanted(ssim_scales=1),
        value=_ssim,
    ),
    "ms_ssim": Metric(
        name="ms_ssim",
        unit="1",
        definition=(
            "MS-SSIM (Wang, Simoncelli and Bovik, 2003) of R, G and B each, averaged: five scales of SSIM's "
            "window, weights 0.0448, 0.2856, 0.3001, 0.2363, 0.1333, negative factors taken as 0, 2 x 2 means between "
            "scales with a line of zeros before an odd side (as pytorch-msssim and CompressAI); undefined below 161 "
            "pixels a side."
        ),
        higher_is_better=True,
        wanted=Wanted(ssim_scales=MS_SSIM_SCALES),
        value=_ms_ssim,
    ),
    "vif": Metric(
        name="vif",
        unit="1",
        definition=(
            "VIF in the pixel domain (Sheikh and Bovik, 2006; their vifp_mscale) of unrounded BT.601 luma in 0..255: "
            "four scales, Gaussian windows 17, 9, 5, 3 with sigma a fifth of the side, only where they fit, every "
            "second pixel kept between scales, noise variance 2; undefined below 41 pixels a side and for a reference "
            "without contrast."
        ),
        higher_is_better=True,
        wanted=Wanted(vif=True),
        value=_vif,
    ),
}
"""The metrics by name. `bits_per_pixel` is not among them: it measures a bitstream, not a pair of frames."""
