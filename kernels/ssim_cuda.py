"""SSIM and the five scales of MS-SSIM on the GPU, of uint8 or float32 frames in any memory layout.

One launch per scale: a program reads its tile of both planes, sums what the metric needs and writes the pixels of the
next scale that begin in it. As on the CPU (`ssim_cpu`, where the reasons are), the sum p = x + y and the difference
m = x - y are filtered instead of x and y, less the values of the tile's middle pixel.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .quality import C1, C2, SSIM_SIGMA, SSIM_SIZE
from .tiles_cuda import SIDE, band, filtered, piece, pixel, positive

_REACH = SSIM_SIZE - 1
_STRIDE = SIDE - _REACH


def ssim(x: Tensor, y: Tensor, scales: int) -> Tensor:
    """float64 [N, scales, 3, 2]: means of luminance * structure and of structure; NaN where the window does not fit."""
    frames, channels, height, width = x.shape
    result = torch.full((frames, scales, channels, 2), torch.nan, dtype=torch.float64, device=x.device)
    for scale in range(scales):
        if min(height, width) < SSIM_SIZE:
            break
        last = scale == scales - 1
        halved = (0, 0) if last else ((height + 1) // 2, (width + 1) // 2)
        coarser = torch.empty((2, frames, channels, *halved), dtype=torch.float32, device=x.device)
        result[:, scale] = _scale(x, y, coarser, finest=scale == 0, last=last) / ((height - _REACH) * (width - _REACH))
        (x, y), (height, width) = coarser, halved
    return result


def _scale(x: Tensor, y: Tensor, coarser: Tensor, finest: bool, last: bool) -> Tensor:
    """Sums [N, 3, 2] of one scale; its next one in `coarser`. Below the finest, x and y are sum and difference."""
    frames, channels, height, width = x.shape
    down, across = triton.cdiv(height - _REACH, _STRIDE), triton.cdiv(width - _REACH, _STRIDE)
    sums = torch.empty((frames, channels, down * across, 2), dtype=torch.float64, device=x.device)
    window = band(SSIM_SIZE, SSIM_SIGMA, 1, x.device)
    _tiles[(frames * channels * down * across,)](
        x, y, *x.stride(), *y.stride(), window, *coarser, sums, channels, down, across, height, width,
        FINEST=finest, LAST=last, SIDE=SIDE, REACH=_REACH, C1=C1, C2=C2, num_warps=8, enable_fp_fusion=True,
    )  # fmt: skip
    return sums.sum(2)


@triton.jit
def _tiles(
    x, y, x_frame, x_channel, x_row, x_column, y_frame, y_channel, y_row, y_column, window, next_x, next_y, sums,
    channels, down, across, height, width,
    FINEST: tl.constexpr, LAST: tl.constexpr, SIDE: tl.constexpr, REACH: tl.constexpr,
    C1: tl.constexpr, C2: tl.constexpr,
):  # fmt: skip
    program = tl.program_id(0)
    plane, tile = program // (down * across), program % (down * across)
    x += (plane // channels).to(tl.int64) * x_frame + (plane % channels).to(tl.int64) * x_channel
    y += (plane // channels).to(tl.int64) * y_frame + (plane % channels).to(tl.int64) * y_channel
    top, left = tile // across * (SIDE - REACH), tile % across * (SIDE - REACH)
    side = tl.arange(0, SIDE)
    rows, columns = top + side[:, None], left + side[None, :]
    a = piece(x, x_row, x_column, rows, columns, height, width)
    b = piece(y, y_row, y_column, rows, columns, height, width)
    middle, centre = top + tl.minimum(SIDE, height - top) // 2, left + tl.minimum(SIDE, width - left) // 2
    base_a, base_b = pixel(x, x_row, x_column, middle, centre), pixel(y, y_row, y_column, middle, centre)
    p, m, base_p, base_m = a - base_a, b - base_b, base_a, base_b
    if FINEST:
        base_p, base_m = base_a + base_b, base_a - base_b
        p, m = a + b - base_p, a - b - base_m

    taps = tl.load(window + side[:, None] * SIDE + side[None, :])
    mean_p, mean_m = filtered(taps, p), filtered(taps, m)
    var_p = positive(filtered(taps, p * p) - mean_p * mean_p)
    var_m = positive(filtered(taps, m * m) - mean_m * mean_m)
    pp, mm = (mean_p + base_p) * (mean_p + base_p), (mean_m + base_m) * (mean_m + base_m)
    structure = ((var_p - var_m) * 0.5 + C2) / ((var_p + var_m) * 0.5 + C2)
    luminance = ((pp - mm) * 0.5 + C1) / ((pp + mm) * 0.5 + C1)
    fits = (side[:, None] < SIDE - REACH) & (side[None, :] < SIDE - REACH)
    fits &= (rows < height - REACH) & (columns < width - REACH)
    tl.store(sums + program * 2, tl.sum(tl.where(fits, luminance * structure, 0.0)).to(tl.float64))
    tl.store(sums + program * 2 + 1, tl.sum(tl.where(fits, structure, 0.0)).to(tl.float64))

    if not LAST:
        lower, narrow = (height + 1) // 2, (width + 1) // 2
        half = tl.arange(0, SIDE // 2)
        rows, columns = top // 2 + half[:, None], left // 2 + half[None, :]
        a = _halved(x, x_row, x_column, rows, columns, height, width)
        b = _halved(y, y_row, y_column, rows, columns, height, width)
        p, m = a, b
        if FINEST:
            p, m = a + b, a - b
        # A tile's share ends where the next tile begins; the last one's ends with the plane.
        last_row = tl.where(tile // across == down - 1, lower, top // 2 + (SIDE - REACH) // 2)
        last_column = tl.where(tile % across == across - 1, narrow, left // 2 + (SIDE - REACH) // 2)
        share = (rows < last_row) & (columns < last_column)
        target = plane.to(tl.int64) * lower * narrow + rows * narrow + columns
        tl.store(next_x + target, p, mask=share)
        tl.store(next_y + target, m, mask=share)


@triton.jit
def _halved(plane, row_stride, column_stride, rows, columns, height, width):
    """Means of 2 x 2 pixels; before the first line of an odd side lies one of zeros."""
    top, left = 2 * rows - height % 2, 2 * columns - width % 2
    above = piece(plane, row_stride, column_stride, top, left, height, width)
    above += piece(plane, row_stride, column_stride, top, left + 1, height, width)
    below = piece(plane, row_stride, column_stride, top + 1, left, height, width)
    below += piece(plane, row_stride, column_stride, top + 1, left + 1, height, width)
    return (above + below) * 0.25
