"""Pillow's bilinear and bicubic resize of 8-bit images, in torch: to the last bit, on any device.

An image classifier's input must be the one that it was published with, and those are resized with Pillow.
Interpolating in float would differ by a grey level in many pixels. Pillow (Resample.c) filters along one axis, then the
other, rounding to 8 bits between; a filter is as wide as the picture shrinks, and its weights are in 1/2^22.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BITS = 22  # PRECISION_BITS


def resize(frames: Tensor, height: int, width: int, cubic: bool = False) -> Tensor:
    """uint8 [N, C, H, W] -> uint8 [N, C, height, width], antialiased."""
    rows_first = height < frames.shape[2] and width > frames.shape[3]  # since Pillow 13; it was columns first before
    for axis in (2, 3) if rows_first else (3, 2):
        size = height if axis == 2 else width
        if frames.shape[axis] != size:
            frames = _filter_last(frames.transpose(axis, 3), size, cubic).transpose(axis, 3)
    return frames.contiguous()


def _filter_last(frames: Tensor, size: int, cubic: bool) -> Tensor:
    """The last axis brought to `size`. One tap at a time: taps are few where pixels are many."""
    sums = torch.full((*frames.shape[:-1], size), 1 << (_BITS - 1), dtype=torch.int32, device=frames.device)
    for index, weight in zip(*_taps_on(frames.device, frames.shape[-1], size, cubic), strict=True):
        sums += frames.index_select(-1, index).int() * weight
    return (sums >> _BITS).clamp_(0, 255).to(torch.uint8)


@lru_cache(maxsize=64)
def _taps_on(device: torch.device, source: int, target: int, cubic: bool) -> tuple[Tensor, Tensor]:
    """`taps` where the pixels are: int64 [taps, target], the pixels, and int32 [taps, target], their weights.

    They are kept, for each upload makes the host wait for the device. Beyond the last pixel the weight is 0, so any
    pixel will do there.
    """
    first, weights = taps(source, target, cubic)
    pixels = (first + np.arange(weights.shape[1])[:, None]).clip(max=source - 1)
    by_tap = np.ascontiguousarray(weights.T)
    return torch.from_numpy(pixels).to(device), torch.from_numpy(by_tap).to(device)


def taps(source: int, target: int, cubic: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """int64 [target], the first source pixel of each target pixel, and int32 [target, taps], its weights in 1/2^22."""
    scale = source / target
    width = max(scale, 1.0)  # of the filter, over its width where the picture grows
    support = (2.0 if cubic else 1.0) * width
    centre = (np.arange(target) + 0.5) * scale
    first = np.trunc(centre - support + 0.5).clip(min=0).astype(np.int64)
    last = np.trunc(centre + support + 0.5).clip(max=source).astype(np.int64)
    pixel = first[:, None] + np.arange(2 * math.ceil(support) + 1)
    distance = (pixel - centre[:, None] + 0.5) / width
    weight = _cubic(distance) if cubic else _triangle(distance)
    weight = np.where(pixel < last[:, None], weight, 0.0)
    weight /= weight.sum(1, keepdims=True)
    return first, np.trunc(weight * (1 << _BITS) + np.copysign(0.5, weight)).astype(np.int32)


def _triangle(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    height: NDArray[np.float64] = np.maximum(1.0 - np.abs(distance), 0.0)
    return height


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel with a = -1/2."""
    x = np.abs(distance)
    near, far = (1.5 * x - 2.5) * x * x + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
