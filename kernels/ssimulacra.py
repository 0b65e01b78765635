"""What SSIMULACRA 2 is made of: pictures in XYB, and in pairs of planes where structure differs, and where edges came
and went.

XYB here is libjxl's, scaled and moved so that it is positive. The window is its recursive Gaussian of sigma 1.5
(Charalampidis, "Recursive implementation of the Gaussian filter using truncated cosine functions", 2016), which is
exactly nine taps. Outside of a plane all is 0. On the CPU the loops are compiled; on a GPU, and in float64, they are
torch's.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ._native import difference_sums, linear_light, opsin_planes

KINDS = 3
"""Kinds of differences: the lack of structure, edges that only the distorted has, and those that it lost."""
NORMS = (1, 4)
C2 = 0.0009
"""Stabilises the quotient of variances."""
_MIX = (
    (0.30, 0.622, 0.078),
    (0.23, 0.692, 0.078),
    (0.24342268924547819, 0.20476744424496821, 0.5518098665095536),
)
"""What the eye's long, medium and short cones take of linear R, G and B."""
_BIAS = 0.0037930732552754493
"""What they answer in the dark."""
_X_SCALE = 14.0
_OFFSETS = (0.42, 0.01, 0.55)
"""Of X, of Y, and of B less Y."""
_SIGMA = 1.5
_ORDERS = (1, 3, 5)


def taps() -> tuple[float, ...]:
    """The window from its first tap to its middle one; the rest mirror them.

    With N the radius, tap n is the sum over k = 1, 3, 5 of b_k cos(k pi n / 2 N), which is 0 at n = N. The b_k make the
    sum 1, the variance sigma^2, and the rest the nearest to a Gaussian (equations 37 to 53 there).
    """
    radius = round(3.2795 * _SIGMA + 0.2546)
    omegas = [order * math.pi / (2 * radius) for order in _ORDERS]
    p = [sign / math.tan(omega / 2) for sign, omega in zip((1, -1, 1), omegas, strict=True)]
    r = [sign * each**2 / math.sin(omega) for sign, each, omega in zip((1, -1, 1), p, omegas, strict=True)]
    rho = [math.exp(-((_SIGMA * omega) ** 2) / 2) / radius for omega in omegas]
    normal = np.cross(p, r)
    normal /= normal[2]
    known = np.array([1.0, radius**2 - _SIGMA**2, normal @ rho])
    weights = np.linalg.solve(np.array([p, r, normal]), known)
    return tuple(float(weights @ np.cos(np.multiply(omegas, n))) for n in range(1 - radius, 1))


_HALF = taps()
_HALF_FLOAT32 = np.array(_HALF, np.float32)


def linear(frames: Tensor) -> Tensor:
    """sRGB in 0..255, uint8 or a float type [N, 3, H, W] -> linear light in 0..1, float32 or that type, contiguous."""
    if frames.dtype != torch.uint8:
        return _to_linear(frames).contiguous()
    if frames.device.type != "cpu":
        return _linear_on(frames.device)[frames.int()]
    out = torch.empty(frames.shape, dtype=torch.float32)
    linear_light(frames.numpy(), _LINEAR, out.numpy(), torch.get_num_threads())
    return out


@cache
def _linear_on(device: torch.device) -> Tensor:
    return torch.from_numpy(_LINEAR).to(device)


def _to_linear(levels: Tensor) -> Tensor:
    share = levels / 255
    return torch.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


_LINEAR = _to_linear(torch.arange(256, dtype=torch.float64)).float().numpy()


def positive_xyb(linear: Tensor, variant: int = 0) -> Tensor:
    """[N, 3, H, W] of linear R, G, B -> the same of X, Y, B. variant: as `norms` takes it."""
    if linear.device.type != "cpu" or linear.dtype != torch.float32:
        return _positive_xyb(linear)
    linear = linear.contiguous()
    out = torch.empty_like(linear)
    opsin_planes(linear.numpy(), _OPSIN, out.numpy(), torch.get_num_threads(), variant)
    return out


_OPSIN = np.array([*_MIX[0], *_MIX[1], *_MIX[2], _BIAS, _BIAS ** (1 / 3), _X_SCALE, *_OFFSETS], np.float32)


def _positive_xyb(linear: Tensor) -> Tensor:
    red, green, blue = linear.unbind(1)
    cones = []
    for of_red, of_green, of_blue in _MIX:
        mixed = of_red * red + of_green * green + of_blue * blue + _BIAS
        cones.append(mixed.clamp(min=0) ** (1 / 3) - _BIAS ** (1 / 3))
    long, medium, short = cones
    luma = (long + medium) / 2
    planes = (_X_SCALE / 2 * (long - medium), luma, short - luma)
    return torch.stack([plane + offset for plane, offset in zip(planes, _OFFSETS, strict=True)], dim=1)


def norms(x: Tensor, y: Tensor, variant: int = 0) -> Tensor:
    """float64 [P, 3, 2] of planes [P, H, W], on their device: of each of KINDS the norms of NORMS over the pixels.

    x, y:     float32, or float64 for the definition itself.
    variant:  counts what `_native.pixel_variants` lists; on the CPU it changes the time and never a bit.
    """
    if x.device.type == "cpu" and x.dtype == torch.float32:
        sums = torch.from_numpy(_compiled_sums(x, y, variant))
    else:
        sums = _sums(x, y)
    means = sums.view(-1, KINDS, len(NORMS)) / (x.shape[-2] * x.shape[-1])
    return torch.stack([means[..., 0], means[..., 1] ** 0.25], dim=-1)


def _compiled_sums(x: Tensor, y: Tensor, variant: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    sums = np.empty((len(x), KINDS * len(NORMS)))
    planes = x.contiguous().numpy(), y.contiguous().numpy()
    difference_sums(*planes, _HALF_FLOAT32, C2, sums, torch.get_num_threads(), variant)
    return sums


def _sums(x: Tensor, y: Tensor) -> Tensor:
    """float64 [P, 6]."""
    mean_x, mean_y = _blurred(x), _blurred(y)
    cov = _blurred(x * y) - mean_x * mean_y
    variances = (_blurred(x * x) - mean_x**2) + (_blurred(y * y) - mean_y**2)
    structure = (2 * cov + C2) / (variances + C2)
    lacking = (1 - (1 - (mean_x - mean_y) ** 2) * structure).clamp(min=0)
    gained = (1 + (y - mean_y).abs()) / (1 + (x - mean_x).abs()) - 1
    kinds = [lacking, gained.clamp(min=0), (-gained).clamp(min=0)]
    sums = [(kind.double() ** power).sum((1, 2)) for kind in kinds for power in NORMS]
    return torch.stack(sums, dim=1)


def _blurred(planes: Tensor) -> Tensor:
    """The window's means, by sums of shifted planes, in which no device rounds more than its dtype does."""
    for axis in (-1, -2):
        planes = _blurred_along(planes, axis)
    return planes


def _blurred_along(planes: Tensor, axis: int) -> Tensor:
    side, length = len(_HALF) - 1, planes.shape[axis]
    padding = (side, side) if axis == -1 else (0, 0, side, side)
    padded = torch.nn.functional.pad(planes, padding)
    total = _HALF[side] * planes
    for at in range(side):
        total = total + _HALF[at] * (padded.narrow(axis, at, length) + padded.narrow(axis, 2 * side - at, length))
    return total
