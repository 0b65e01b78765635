"""Pillow's bilinear and bicubic resize of 8-bit images, in torch: to the last bit, on any device.

An image classifier's input must be the one that it was published with, and those are resized with Pillow. Interpolating
in float would differ by a grey level in many pixels. Pillow (Resample.c) filters along one axis, then the other, rounding
to 8 bits between; a filter is as wide as the picture shrinks, and its weights are in 1/2^22.
"""

from __future__ import annotations

import math

import numpy as np
import torch
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
    first, weights = taps(frames.shape[-1], size, cubic)
    sums = torch.full((*frames.shape[:-1], size), 1 << (_BITS - 1), dtype=torch.int32, device=frames.device)
    for tap in range(weights.shape[1]):
        # Beyond the last pixel the weight is 0, so any pixel will do.
        index = torch.from_numpy((first + tap).clip(max=frames.shape[-1] - 1)).to(frames.device)
        weight = torch.from_numpy(weights[:, tap]).to(frames.device)
        sums += frames.index_select(-1, index).int() * weight
    return (sums >> _BITS).clamp_(0, 255).to(torch.uint8)


def taps(source: int, target: int, cubic: bool) -> tuple[np.ndarray, np.ndarray]:
    """int64 [target], the first source pixel of each target pixel, and int32 [target, taps], its weights in 1/2^22."""
    scale = source / target
    stretch = max(scale, 1.0)
    support = (2.0 if cubic else 1.0) * stretch
    centre = (np.arange(target) + 0.5) * scale
    first = np.trunc(centre - support + 0.5).clip(min=0).astype(np.int64)
    last = np.trunc(centre + support + 0.5).clip(max=source).astype(np.int64)
    place = first[:, None] + np.arange(2 * math.ceil(support) + 1)
    weight = (_cubic if cubic else _triangle)((place - centre[:, None] + 0.5) / stretch)
    weight = np.where(place < last[:, None], weight, 0.0)
    weight /= weight.sum(1, keepdims=True)
    return first, np.trunc(weight * (1 << _BITS) + np.copysign(0.5, weight)).astype(np.int32)


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1.0 - np.abs(x), 0.0)


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys' kernel with a = -1/2."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
