"""The definitions in float64 torch, on any device: slow, short, and what each faster implementation is held to."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.kernels.quality import (
    C1,
    C2,
    LUMA,
    PRODUCTS,
    SSIM_SIGMA,
    SSIM_SIZE,
    VIF_EPSILON,
    VIF_MIN_SIDE,
    VIF_NOISE,
    VIF_SIZES,
    Statistics,
    StatisticsRequest,
    gaussian,
)


def statistics(reference: Tensor, distorted: Tensor, request: StatisticsRequest) -> Statistics:
    """`ahc_stream.kernels.quality.Statistics` of two tensors [N, C, H, W] in 0..255, any dtype, on one device.

    One frame at a time: float64 maps of a whole clip would not fit.
    """
    frames = [_frame(x.double()[None], y.double()[None], request) for x, y in zip(reference, distorted, strict=True)]
    return Statistics(*(None if parts[0] is None else torch.cat(parts) for parts in zip(*frames, strict=True)))


def _frame(x: Tensor, y: Tensor, request: StatisticsRequest) -> Statistics:
    return Statistics(
        error=error(x, y) if request.error else None,
        colour=colour(x, y) if request.colour else None,
        ssim=ssim(x, y, request.ssim_scales) if request.ssim_scales else None,
        vif=vif(x, y) if request.vif else None,
    )


def error(x: Tensor, y: Tensor) -> Tensor:
    """Mean squared and mean absolute error of float64 [N, C, H, W]: [N, 2]."""
    difference = (x - y).flatten(1)
    return torch.stack([difference.square().mean(1), difference.abs().mean(1)], dim=1)


def colour(x: Tensor, y: Tensor) -> Tensor:
    """Means of the products of the channels' errors, in the order of PRODUCTS: [N, 6]."""
    difference = x - y
    return torch.stack([(difference[:, i] * difference[:, j]).mean((1, 2)) for i, j in PRODUCTS], dim=1)


def ssim(x: Tensor, y: Tensor, scales: int) -> Tensor:
    """Luminance * contrast-structure and contrast-structure of each scale and channel: [N, scales, C, 2].

    NaN at scales below 11 pixels. Between scales: 2 x 2 means; a side of odd length gets one line of zeros before
    its first, as pytorch-msssim pads it.
    """
    levels = [_ssim_scale(x, y)]
    for _ in range(scales - 1):
        x, y = _halve(x), _halve(y)
        levels.append(_ssim_scale(x, y))
    return torch.stack(levels, dim=1)


def _ssim_scale(x: Tensor, y: Tensor) -> Tensor:
    if min(x.shape[-2:]) < SSIM_SIZE:
        return x.new_full((len(x), x.shape[1], 2), torch.nan)
    mean_x, mean_y, var_x, var_y, covariance = _moments(x, y, gaussian(SSIM_SIZE, SSIM_SIGMA))
    structure = (2 * covariance + C2) / (var_x + var_y + C2)
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    return torch.stack([(luminance * structure).mean((2, 3)), structure.mean((2, 3))], dim=-1)


def _halve(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2, padding=(x.shape[2] % 2, x.shape[3] % 2))


def vif(x: Tensor, y: Tensor) -> Tensor:
    """Information in bits of the distorted and the reference luma, summed over each of four scales: [N, 4, 2].

    NaN below 41 pixels. Each next scale is the last one, blurred with its own window and every second pixel kept.
    """
    if min(x.shape[-2:]) < VIF_MIN_SIDE:
        return x.new_full((len(x), len(VIF_SIZES), 2), torch.nan)
    x, y = _luma(x), _luma(y)
    levels = []
    for level, size in enumerate(VIF_SIZES):
        window = gaussian(size, size / 5)
        if level:
            x, y = _blur(x, window)[..., ::2, ::2], _blur(y, window)[..., ::2, ::2]
        levels.append(_vif_scale(x, y, window))
    return torch.stack(levels, dim=1)


def _vif_scale(x: Tensor, y: Tensor, window: tuple[float, ...]) -> Tensor:
    """y = gain * x + noise, locally: what of x's information is left after the noise and the eye's own."""
    _, _, var_x, var_y, covariance = _moments(x, y, window)
    seen = (var_x >= VIF_EPSILON) & (var_y >= VIF_EPSILON)
    gain = torch.where(seen, covariance / (var_x + VIF_EPSILON), 0)
    noise = torch.where(seen & (gain >= 0), var_y - gain * covariance, var_y).clamp(min=VIF_EPSILON)
    gain = gain.clamp(min=0)
    var_x = torch.where(var_x >= VIF_EPSILON, var_x, 0)
    kept = torch.log2(1 + gain.square() * var_x / (noise + VIF_NOISE))
    whole = torch.log2(1 + var_x / VIF_NOISE)
    return torch.stack([kept.sum((1, 2, 3)), whole.sum((1, 2, 3))], dim=1)


def _luma(x: Tensor) -> Tensor:
    return (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _moments(x: Tensor, y: Tensor, window: tuple[float, ...]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Windowed means of x and y, variances of x and y, covariance; where the window fits ("valid").

    The frame's own mean is taken off first: variances do not change, and those of a constant frame come out as zero.
    """
    offset_x, offset_y = x.mean((2, 3), keepdim=True), y.mean((2, 3), keepdim=True)
    x, y = x - offset_x, y - offset_y
    mean_x, mean_y = _blur(x, window), _blur(y, window)
    var_x = (_blur(x * x, window) - mean_x * mean_x).clamp(min=0)
    var_y = (_blur(y * y, window) - mean_y * mean_y).clamp(min=0)
    return mean_x + offset_x, mean_y + offset_y, var_x, var_y, _blur(x * y, window) - mean_x * mean_y


def _blur(x: Tensor, window: tuple[float, ...]) -> Tensor:
    rows, columns = x.shape[2] - len(window) + 1, x.shape[3] - len(window) + 1
    x = sum((tap * x[:, :, at : at + rows] for at, tap in enumerate(window)), start=x.new_zeros(()))
    return sum((tap * x[..., at : at + columns] for at, tap in enumerate(window)), start=x.new_zeros(()))
