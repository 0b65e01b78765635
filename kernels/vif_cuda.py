"""VIF in the pixel domain over four scales on the GPU, of uint8 or float32 RGB frames in any memory layout.

One launch per scale: a program reads its tile of both frames, sums the bits and writes the pixels of the next scale
that begin in it. As on the CPU (`vif_cpu`, where the reasons are), the reference luma x and the difference d = y - x
are filtered, less the values of the tile's middle pixel.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .quality import LUMA, VIF_EPSILON, VIF_MIN_SIDE, VIF_NOISE, VIF_ROUNDING, VIF_SIZES
from .tiles_cuda import SIDE, band, filtered, piece, pixel, positive

_LAST = len(VIF_SIZES) - 1


def vif(x: Tensor, y: Tensor) -> Tensor:
    """float64 [N, 4, 2]: bits kept in the distorted and held by the reference frames, summed over each scale."""
    frames, _, height, width = x.shape
    result = torch.full((frames, len(VIF_SIZES), 2), torch.nan, dtype=torch.float64, device=x.device)
    if min(height, width) < VIF_MIN_SIDE:
        return result
    for scale in range(len(VIF_SIZES)):
        following = VIF_SIZES[min(scale + 1, _LAST)]
        height, width = (height - following + 2) // 2, (width - following + 2) // 2
        coarser = torch.empty((2, frames, 1, height, width), dtype=torch.float32, device=x.device)
        result[:, scale] = _scale(x, y, coarser, scale)
        x, y = coarser
    return result


def _scale(x: Tensor, y: Tensor, coarser: Tensor, scale: int) -> Tensor:
    """Sums [N, 2] of one scale; its next one in `coarser`. Below the finest, x and y are luma and difference."""
    frames, _, height, width = x.shape
    reach, following = VIF_SIZES[scale] - 1, VIF_SIZES[min(scale + 1, _LAST)]
    down, across = triton.cdiv(height - reach, SIDE - reach), triton.cdiv(width - reach, SIDE - reach)
    sums = torch.empty((frames, down * across, 2), dtype=torch.float64, device=x.device)
    window = band(reach + 1, (reach + 1) / 5, 1, x.device)
    decimator = band(following, following / 5, 2, x.device)
    _tiles[(frames * down * across,)](
        x, y, *x.stride(), *y.stride(), window, decimator, *coarser, sums, down, across, height, width,
        *coarser.shape[3:], FINEST=scale == 0, LAST=scale == _LAST, SIDE=SIDE, REACH=reach,
        RED=LUMA[0], GREEN=LUMA[1], BLUE=LUMA[2], NOISE=VIF_NOISE, EPSILON=VIF_EPSILON, ROUNDING=VIF_ROUNDING,
        num_warps=8, enable_fp_fusion=True,
    )  # fmt: skip
    return sums.sum(1)


@triton.jit
def _tiles(
    x, y, x_frame, x_channel, x_row, x_column, y_frame, y_channel, y_row, y_column, window, decimator,
    next_x, next_y, sums, down, across, height, width, lower, narrow,
    FINEST: tl.constexpr, LAST: tl.constexpr, SIDE: tl.constexpr, REACH: tl.constexpr,
    RED: tl.constexpr, GREEN: tl.constexpr, BLUE: tl.constexpr,
    NOISE: tl.constexpr, EPSILON: tl.constexpr, ROUNDING: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0)
    frame, tile = program // (down * across), program % (down * across)
    x += frame.to(tl.int64) * x_frame
    y += frame.to(tl.int64) * y_frame
    top, left = tile // across * (SIDE - REACH), tile % across * (SIDE - REACH)
    side = tl.arange(0, SIDE)
    rows, columns = top + side[:, None], left + side[None, :]
    middle, centre = top + tl.minimum(SIDE, height - top) // 2, left + tl.minimum(SIDE, width - left) // 2
    if FINEST:
        luma = tl.zeros((SIDE, SIDE), tl.float32)
        d = tl.zeros((SIDE, SIDE), tl.float32)
        base_x, base_d = 0.0, 0.0
        for channel in tl.static_range(3):
            weight = RED if channel == 0 else GREEN if channel == 1 else BLUE
            a = piece(x + channel * x_channel, x_row, x_column, rows, columns, height, width)
            b = piece(y + channel * y_channel, y_row, y_column, rows, columns, height, width)
            base_a = pixel(x + channel * x_channel, x_row, x_column, middle, centre)
            base_b = pixel(y + channel * y_channel, y_row, y_column, middle, centre)
            luma += weight * (a - base_a)
            d += weight * (b - a - (base_b - base_a))
            base_x += weight * base_a
            base_d += weight * (base_b - base_a)
    else:
        base_x, base_d = pixel(x, x_row, x_column, middle, centre), pixel(y, y_row, y_column, middle, centre)
        luma = piece(x, x_row, x_column, rows, columns, height, width) - base_x
        d = piece(y, y_row, y_column, rows, columns, height, width) - base_d

    taps = tl.load(window + side[:, None] * SIDE + side[None, :])
    mean_x, mean_d = filtered(taps, luma), filtered(taps, d)
    energy = filtered(taps, luma * luma)
    v = positive(energy - mean_x * mean_x)
    w = positive(filtered(taps, d * d) - mean_d * mean_d)
    c = filtered(taps, luma * d) - mean_x * mean_d
    flat = v < EPSILON + ROUNDING * energy
    covariance = v + c
    ratio = covariance * covariance / (positive(v * w - c * c) + NOISE * v)
    fits = (side[:, None] < SIDE - REACH) & (side[None, :] < SIDE - REACH)
    fits &= (rows < height - REACH) & (columns < width - REACH)
    kept = tl.where(fits & (~(flat | (covariance <= 0))), ratio, 0.0)
    whole = tl.where(fits & (~flat), v / NOISE, 0.0)
    tl.store(sums + program * 2, tl.sum(tl.log2(1.0 + kept)).to(tl.float64))
    tl.store(sums + program * 2 + 1, tl.sum(tl.log2(1.0 + whole)).to(tl.float64))

    if not LAST:
        half = tl.arange(0, SIDE // 2)
        thin = tl.load(decimator + half[:, None] * SIDE + side[None, :])
        rows, columns = top // 2 + half[:, None], left // 2 + half[None, :]
        # A tile's share ends where the next tile begins; the last one's ends with the plane.
        last_row = tl.where(tile // across == down - 1, lower, top // 2 + (SIDE - REACH) // 2)
        last_column = tl.where(tile % across == across - 1, narrow, left // 2 + (SIDE - REACH) // 2)
        share = (rows < last_row) & (columns < last_column)
        target = frame.to(tl.int64) * lower * narrow + rows * narrow + columns
        tl.store(next_x + target, filtered(thin, luma) + base_x, mask=share)
        tl.store(next_y + target, filtered(thin, d) + base_d, mask=share)
