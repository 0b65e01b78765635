"""Pairs of frames that the metric tests share: textured, extreme, awkward in size or in memory layout."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def textured(frames: int, height: int, width: int, noise: float = 12.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """uint8 [N, 3, H, W]: texture at several scales, and the same with noise and a little blur."""
    generator = torch.Generator().manual_seed(seed)
    texture = torch.zeros(frames, 3, height, width)
    for cells in (3, 9, 31):
        grid = torch.rand(frames, 3, cells, cells, generator=generator)
        texture += F.interpolate(grid, (height, width), mode="bilinear", align_corners=False)
    fine = torch.rand(frames, 3, height, width, generator=generator)
    reference = (texture * 75 + fine * 30).clamp(0, 255)
    blurred = 0.7 * reference + 0.3 * reference.roll(1, dims=3)
    distorted = blurred + noise * torch.randn(frames, 3, height, width, generator=generator)
    return reference.round().to(torch.uint8), distorted.clamp(0, 255).round().to(torch.uint8)


def constant(height: int, width: int, value: int, other: int) -> tuple[Tensor, Tensor]:
    return _full(height, width, value), _full(height, width, other)


def checkerboard(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Every neighbour 255 apart, and its negative: the largest error and the lowest structure there can be."""
    board = (torch.arange(height)[:, None] + torch.arange(width)) % 2
    reference = (board * 255).to(torch.uint8).expand(1, 3, height, width).contiguous()
    return reference, 255 - reference


def half_flat(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Black and white halves against the same with noise of one level: no contrast beside the largest contrast."""
    reference, distorted = _full(height, width, 0), _full(height, width, 1)
    reference[..., width // 2 :] = 255
    distorted[..., width // 2 :] = 254
    distorted[..., ::7, ::5] += 1
    return reference, distorted


def one_pixel(height: int, width: int) -> tuple[Tensor, Tensor]:
    """A flat frame in which one pixel is one level up: the smallest contrast that 8 bits can hold."""
    reference, distorted = _full(height, width, 200), _full(height, width, 200)
    reference[..., height // 2, width // 2] = 201
    return reference, distorted


def strided(reference: Tensor, distorted: Tensor) -> tuple[Tensor, Tensor]:
    """The same pixels, channels last in memory and every second column of a wider tensor: nothing is contiguous."""
    wide = torch.zeros(*distorted.shape[:-1], 2 * distorted.shape[-1], dtype=distorted.dtype)
    wide[..., ::2] = distorted
    return reference.contiguous(memory_format=torch.channels_last), wide[..., ::2]


def _full(height: int, width: int, value: int) -> Tensor:
    return torch.full((1, 3, height, width), value, dtype=torch.uint8)
