"""The statistics of `quality` on the CPU: compiled loops over the frames' own memory, on torch's number of threads."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ._native import channel_products, frame_errors, ssim_means, vif_bits
from .arrays import Float32Array, Float64Array, Pixels
from .quality import (
    C1,
    C2,
    LUMA,
    PRODUCTS,
    SSIM_SIGMA,
    SSIM_SIZE,
    VIF_EPSILON,
    VIF_NOISE,
    VIF_ROUNDING,
    VIF_SIZES,
    Statistics,
    StatisticsRequest,
    gaussian,
)

_PYRAMID_FLOATS = 1 << 23  # 32 MiB of coarser scales at a time: frames are taken in groups of that size


def statistics(reference: Tensor, distorted: Tensor, request: StatisticsRequest) -> Statistics:
    """Of uint8 or float32 [N, C, H, W] on the CPU, strided as they like; the same bits on every call and machine."""
    x, y = reference.detach().numpy(), distorted.detach().numpy()
    return Statistics(
        error=torch.from_numpy(error(x, y)) if request.error else None,
        colour=torch.from_numpy(colour(x, y)) if request.colour else None,
        ssim=torch.from_numpy(ssim(x, y, request.ssim_scales)) if request.ssim_scales else None,
        vif=torch.from_numpy(vif(x, y)) if request.vif else None,
    )


def error(x: Pixels, y: Pixels, variant: int = 0) -> Float64Array:
    """float64 [N, 2]: mean squared and mean absolute error of [N, C, H, W]; exact sums where the frames are bytes.

    variant: here and below counts what `_native.pixel_variants` lists. It changes the time and never a bit.
    """
    means = np.empty((len(x), 2))
    frame_errors(x, y, means, torch.get_num_threads(), variant)
    return means


def colour(x: Pixels, y: Pixels, variant: int = 0) -> Float64Array:
    """float64 [N, 6]: means over [N, 3, H, W] of the products of the channels' errors, in the order of PRODUCTS."""
    means = np.empty((len(x), len(PRODUCTS)))
    channel_products(x, y, means, torch.get_num_threads(), variant)
    return means


def ssim(x: Pixels, y: Pixels, scales: int, variant: int = 0) -> Float64Array:
    """float64 [N, scales, C, 2]: means of luminance * structure and of structure; NaN where the window does not fit."""
    means = np.empty((len(x), scales, x.shape[1], 2))
    ssim_means(x, y, _SSIM_TAPS, C1, C2, means, _PYRAMID_FLOATS, torch.get_num_threads(), variant)
    return means


def vif(x: Pixels, y: Pixels, variant: int = 0) -> Float64Array:
    """float64 [N, 4, 2]: bits kept in the distorted and held by the reference frames, summed over each scale."""
    bits = np.empty((len(x), len(VIF_SIZES), 2))
    constants = VIF_NOISE, VIF_EPSILON, VIF_ROUNDING
    vif_bits(x, y, _VIF_TAPS, _LUMA, *constants, bits, _PYRAMID_FLOATS, torch.get_num_threads(), variant)
    return bits


def _half(size: int, sigma: float) -> list[float]:
    """The first half of the taps and the middle one; the rest mirror them."""
    return list(gaussian(size, sigma)[: size // 2 + 1])


def _float32(values: list[float]) -> Float32Array:
    return np.array(values, np.float32)


_SSIM_TAPS = _float32(_half(SSIM_SIZE, SSIM_SIGMA))
_VIF_TAPS = _float32([tap for size in VIF_SIZES for tap in _half(size, size / 5)])
_LUMA = _float32(list(LUMA))
