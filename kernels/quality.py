"""What every implementation of the image metrics computes: sums over the pixels, and the constants they share.

An implementation is a function `statistics(reference, distorted, request) -> Statistics` of two tensors [N, C, H, W],
uint8 or float32, on one device: of three channels, or of one plane, which has no colour and no VIF. The metrics are
small formulas over its result (`ahc_stream.metrics.table`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

SSIM_SIZE = 11
"""Side of SSIM's Gaussian window (Wang et al., 2004)."""
SSIM_SIGMA = 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""SSIM's stabilising constants: K1 = 0.01, K2 = 0.03, range 255."""
MS_SSIM_SCALES = 5
VIF_SIZES = (17, 9, 5, 3)
"""Side of VIF's Gaussian window at each scale; its sigma is a fifth of it."""
VIF_NOISE = 2.0
"""Variance of the visual noise, in squared grey levels of 0..255 (Sheikh and Bovik, 2006)."""
VIF_EPSILON = 1e-10
"""Variances below this count as none, as in the authors' vifp_mscale.m."""
VIF_ROUNDING = 2e-7
"""Share of the mean square below which a variance is float32's rounding, and the area one without contrast."""
VIF_MIN_SIDE = 41
"""Below it the fourth scale is smaller than its window."""
PRODUCTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
"""The pairs of channels of `Statistics.colour`."""
LUMA = (0.299, 0.587, 0.114)
"""BT.601 weights of R, G and B."""


class StatisticsRequest(NamedTuple):
    """What to compute; an implementation spends nothing on the rest."""

    error: bool = False
    colour: bool = False
    ssim_scales: int = 0  # 0, 1 (SSIM) or 5 (MS-SSIM, whose first scale is SSIM's)
    vif: bool = False


class Statistics(NamedTuple):
    """Float64 results on the inputs' device; None where not asked for, NaN at scales where the window does not fit.

    error:  [N, 2]: mean squared and mean absolute error over channels and pixels.
    colour: [N, 6]: means over pixels of the products RR, GG, BB, RG, RB, GB of the channels' errors. They give the mean
            squared error of every linear transform of the colours.
    ssim:   [N, scales, C, 2]: means, per scale and channel, of luminance * contrast-structure and of the latter alone.
    vif:    [N, 4, 2]: bits that reach the eye, summed over each scale, from the distorted and from the reference.
    """

    error: Tensor | None = None
    colour: Tensor | None = None
    ssim: Tensor | None = None
    vif: Tensor | None = None


def gaussian(size: int, sigma: float) -> tuple[float, ...]:
    """The taps of a centred one-dimensional Gaussian window; they sum to one."""
    taps = [math.exp(-((index - (size - 1) / 2) ** 2) / (2 * sigma**2)) for index in range(size)]
    return tuple(tap / math.fsum(taps) for tap in taps)
