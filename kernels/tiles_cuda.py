"""Separable windows over tiles of 64 x 64 pixels on the GPU, as products with banded matrices.

A program loads one tile and filters it down the columns and along the rows: `band @ tile @ band.T`. So the tensor cores
do the sums, as three products of TF32 halves, which keeps float32's precision; and the tile is read once for all of the
quantities that are filtered. Of a tile's results only those count whose window lies inside it, and tiles overlap so
that these meet without a gap.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

from .quality import gaussian

SIDE = 64


@cache
def band(size: int, sigma: float, step: int, device: torch.device) -> Tensor:
    """float32 [64 / step, 64]: row i holds the window's taps from column `step * i` on, where they fit."""
    matrix = torch.zeros(SIDE // step, SIDE, dtype=torch.float64)
    taps = torch.tensor(gaussian(size, sigma), dtype=torch.float64)
    for row in range(min(SIDE // step, (SIDE - size) // step + 1)):
        matrix[row, step * row : step * row + size] = taps
    return matrix.to(device, torch.float32)


@triton.jit
def filtered(band, tile):
    """band @ tile @ band.T."""
    down = tl.dot(band, tile, input_precision="tf32x3")
    return tl.dot(down, tl.trans(band), input_precision="tf32x3")


@triton.jit
def piece(plane, row_stride, column_stride, rows, columns, height, width):
    """Pixels of a plane as float32; zero outside of it."""
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return tl.load(plane + rows * row_stride + columns * column_stride, mask=inside, other=0).to(tl.float32)


@triton.jit
def pixel(plane, row_stride, column_stride, row, column):
    """One pixel of a plane, as float32."""
    return tl.load(plane + row * row_stride + column * column_stride).to(tl.float32)


@triton.jit
def positive(value):
    """The value, at least zero; a NaN stays one."""
    return tl.where(value < 0, 0.0, value)
