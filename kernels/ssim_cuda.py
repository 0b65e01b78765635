"""SSIM and the five scales of MS-SSIM on the GPU, of uint8 or float32 planes in quads.

One launch per scale: a lane filters its run of columns, sums what the metric needs, and writes the pixels of the next
scale that begin in its own columns and rows. As on the CPU (`pixels/ssim.hpp`, where the reasons are), the sum
p = x + y and the difference m = x - y are filtered instead of x and y, less the values of a pixel in the lane's middle.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from . import launching
from .bands_cuda import bands_of
from .launching import SIZES, launch, programs
from .planes_cuda import QUAD, empty_pair, empty_parts, plane_strides, quad_strides, totals
from .quality import C1, C2, SSIM_SIGMA, SSIM_SIZE, gaussian
from .sliding_cuda import along, columns_of, positive, repeated, run_from, run_of, slid

_REACH = SSIM_SIZE - 1
_TAPS = gaussian(SSIM_SIZE, SSIM_SIGMA)


def ssim(x: Tensor, y: Tensor, scales: int) -> Tensor:
    """float64 [N, scales, C, 2]: means of luminance * structure and of structure; NaN where the window does not fit.

    x, y: [N, C, H, W] `in_quads`, C 3 or 1.
    """
    frames, channels, height, width = x.shape
    lanes = bands_of(height).number * -(-width // QUAD)
    parts, pixels = empty_parts(scales, frames * channels, lanes, x.device), []
    for scale in range(scales):
        height, width = x.shape[2:]
        fits = min(height, width) >= SSIM_SIZE
        pixels.append((height - _REACH) * (width - _REACH) if fits else torch.nan)
        if fits:
            last = scale == scales - 1
            coarser = empty_pair(x, *((0, 0) if last else ((height + 1) // 2, (width + 1) // 2)))
            _scale(x, y, coarser, parts[scale], finest=scale == 0, last=last)
            x, y = coarser
    sums = totals(parts)
    for scale, count in enumerate(pixels):  # a tensor of these counts would be a copy that the host waits for
        sums[scale] /= count
    return sums.view(scales, 2, frames, channels).permute(2, 0, 3, 1)


def _scale(x: Tensor, y: Tensor, coarser: tuple[Tensor, Tensor], parts: Tensor, finest: bool, last: bool) -> None:
    """Sums of each lane of one scale into `parts` [2, N * C, lanes]; its next scale into `coarser`.

    Below the finest, x and y are sum and difference.
    """
    frames, channels, height, width = x.shape
    bands, groups = bands_of(height), -(-width // QUAD)
    launch(
        _bands, programs(frames * channels * bands.number * groups),
        x, y, *plane_strides(x), *plane_strides(y), *coarser, quad_strides(coarser[0])[2], parts, parts.shape[2],
        frames * channels, bands.number, groups, bands.rows, height, width,
        FINEST=finest, LAST=last, TAPS=_TAPS, C1=C1, C2=C2, LANES=launching.LANES, num_warps=4, enable_fp_fusion=True,
    )  # fmt: skip


@triton.jit(do_not_specialize=SIZES)
def _bands(
    x, y, x_frame, x_channel, x_row, y_frame, y_channel, y_row, next_p, next_m, narrow, parts, count,
    planes, bands, groups, rows, height, width,
    FINEST: tl.constexpr, LAST: tl.constexpr, TAPS: tl.constexpr, C1: tl.constexpr, C2: tl.constexpr,
    LANES: tl.constexpr,
):  # fmt: skip
    """One lane filters four columns of one band of one plane."""
    REACH: tl.constexpr = len(TAPS) - 1
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    plane, band, left = lane // groups // bands, lane // groups % bands, lane % groups * 4
    there, top = plane < planes, band * rows
    frame, channel, first = (plane // 3).to(tl.int64), (plane % 3).to(tl.int64), top.to(tl.int64)
    x += (frame * x_frame + channel * x_channel + first * x_row) * 4 + left
    y += (frame * y_frame + channel * y_channel + first * y_row) * 4 + left
    middle = (tl.minimum(top + (rows + REACH) // 2, height - 1) - top).to(tl.int64)
    centre = tl.minimum(left + 2 + REACH // 2, width - 1) - left
    base_x = tl.load(x + middle * x_row * 4 + centre, mask=there, other=0).to(tl.float32)
    base_y = tl.load(y + middle * y_row * 4 + centre, mask=there, other=0).to(tl.float32)
    base = _pair(base_x, base_y, FINEST)
    if not LAST:
        lower = (height + 1) // 2
        coarser = plane.to(tl.int64) * lower * narrow * 4
        above = tl.zeros((LANES, 2), tl.float32), tl.zeros((LANES, 2), tl.float32), tl.zeros((LANES, 2), tl.float32)

    sums = repeated(tl.zeros((LANES, 2, 2, 4), tl.float32), REACH)
    product, structure = tl.zeros((LANES, 4), tl.float32), tl.zeros((LANES, 4), tl.float32)
    fits = left[:, None] + tl.arange(0, 4)[None, :] < width - REACH
    for step in range(0, tl.minimum(rows + REACH, height)):
        row = top + step
        row_there = there & (row < height)
        if not LAST:
            run = _pair(run_of(x, 0, left, width, row_there, 4), run_of(y, 0, left, width, row_there, 4), FINEST)
            behind = _pair(_pixel_at(x, 4, left, width, row_there), _pixel_at(y, 4, left, width, row_there), FINEST)
            halves = _halves(columns_of(run), behind, width)
            begins_here = row_there & (row <= top + rows) & ((row > top) | (row == 0)) & ((row + height) % 2 == 1)
            target = coarser + (row + height % 2) // 2 * narrow * 4
            _store_halves(next_p + target, next_m + target, above, halves, left, width, begins_here)
            above = halves
        row_means = repeated(tl.zeros((LANES, 2, 2), tl.float32), 4)
        for at in tl.static_range(0, REACH + 4, 4):
            a, b = run_of(x, at, left, width, row_there, 4), run_of(y, at, left, width, row_there, 4)
            pair = _pair(a, b, FINEST)
            centred = pair - base[:, None, :]
            row_means = along(row_means, tl.join(centred, centred * centred), at, 1, TAPS)
        x += x_row * 4
        y += y_row * 4
        done, sums = slid(sums, run_from(row_means), TAPS)
        means, squares = tl.split(tl.permute(done, (0, 3, 1, 2)))
        var_p, var_m = tl.split(positive(squares - means * means))
        mean_p, mean_m = tl.split(means + base[:, None, :])
        luminance, contrast = _similarity(mean_p, mean_m, var_p, var_m, C1, C2)
        counts = fits & (row_there & (row >= top + REACH))[:, None]
        product += tl.where(counts, luminance * contrast, 0.0)
        structure += tl.where(counts, contrast, 0.0)
    target = plane.to(tl.int64) * count + lane - plane * bands * groups
    tl.store(parts + target, tl.sum(product, axis=1), mask=there)
    tl.store(parts + planes.to(tl.int64) * count + target, tl.sum(structure, axis=1), mask=there)


@triton.jit
def _pair(x, y, FINEST: tl.constexpr):
    """[..., 2]: sum and difference of two frames; below the finest scale they are such already."""
    if FINEST:
        return tl.join(x + y, x - y)
    return tl.join(x, y)


@triton.jit
def _pixel_at(first, at, left, width, there):
    return tl.load(first + at, mask=there & (left + at < width), other=0).to(tl.float32)


@triton.jit
def _similarity(p, m, var_p, var_m, C1: tl.constexpr, C2: tl.constexpr):
    """Luminance and structure. What is near 1 is 1 less what it lacks, which rounds the least."""
    pp, mm = p * p, m * m
    most_luminance, most_structure = (pp + mm) * 0.5 + C1, (var_p + var_m) * 0.5 + C2
    share = 1.0 / (most_luminance * most_structure)
    lacking = mm * most_structure * share
    defined = ((pp - mm) * 0.5 + C1) * most_structure * share
    return tl.where(lacking < 0.5, 1.0 - lacking, defined), 1.0 - var_m * most_luminance * share


@triton.jit
def _halves(run, behind, width):
    """Sums of two columns: half of what a row of the next scale is made of. Of an odd number, a zero lies before the
    first: so the first sum here is the one that such a row begins with, and of no meaning elsewhere."""
    odd = width % 2 == 1
    return run[0], tl.where(odd, run[1] + run[2], run[0] + run[1]), tl.where(odd, run[3] + behind, run[2] + run[3])


@triton.jit
def _store_halves(next_p, next_m, above, below, left, width, here):
    """Means of 2 x 2 pixels into a row of the next scale, of which a lane has three at most."""
    odd, narrow = width % 2, (width + 1) // 2
    for place in tl.static_range(3):
        p, m = tl.split((above[place] + below[place]) * 0.25)
        column = left // 2 + odd + (place - 1)
        wanted = here & (column < narrow)
        if place == 0:
            wanted = wanted & (left < odd)
        tl.store(next_p + column, p, mask=wanted)
        tl.store(next_m + column, m, mask=wanted)
