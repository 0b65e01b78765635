"""VIF in the pixel domain over four scales on the GPU, of the luma that `pixels_cuda` makes of RGB.

Two launches per scale: one filters and sums the bits, the other writes the next scale. As on the CPU (`pixels/vif.hpp`,
where the reasons are), the reference luma x and the difference d = y - x are filtered, less the values of a pixel in
the lane's middle.
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
from .planes_cuda import empty_pair, empty_parts, quad_strides, totals
from .quality import VIF_EPSILON, VIF_MIN_SIDE, VIF_NOISE, VIF_ROUNDING, VIF_SIZES, gaussian
from .sliding_cuda import along, positive, repeated, run_from, run_of, slid

_TAPS = tuple(gaussian(size, size / 5) for size in VIF_SIZES)
_RUNS = tuple(2 if size > 5 else 4 for size in VIF_SIZES)
"""Columns of a lane: as many as keep all sums that have begun in registers."""


def vif(x: Tensor, d: Tensor) -> Tensor:
    """float64 [N, 4, 2]: bits kept in the distorted and held by the reference frames, summed over each scale.

    x, d: 1000 luma [N, 1, H, W] of the reference, and what the distorted frame adds to it, in quads. NaN where the
    window of a scale does not fit.
    """
    frames, scales = len(x), len(VIF_SIZES)
    if min(x.shape[2:]) < VIF_MIN_SIDE:
        return torch.full((frames, scales, 2), torch.nan, dtype=torch.float64, device=x.device)
    lanes = bands_of(x.shape[2]).number * -(-x.shape[3] // _RUNS[0])
    parts = empty_parts(scales, frames, lanes, x.device)
    for scale in range(scales):
        _sum_bits(x, d, parts[scale], scale)
        if scale + 1 < scales:
            x, d = _thinned(x, d, scale)
    return totals(parts).permute(2, 0, 1)


def _sum_bits(x: Tensor, d: Tensor, parts: Tensor, scale: int) -> None:
    """Bits of each lane of one scale into `parts` [2, N, lanes]."""
    frames, _, height, width = x.shape
    bands, groups = bands_of(height), -(-width // _RUNS[scale])
    launch(
        _bits, programs(frames * bands.number * groups),
        x, d, *quad_strides(x)[::2], parts, parts.shape[2], frames, bands.number, groups, bands.rows, height, width,
        UNIT=_unit(scale), TAPS=_TAPS[scale], RUN=_RUNS[scale],
        NOISE=VIF_NOISE, EPSILON=VIF_EPSILON, ROUNDING=VIF_ROUNDING, LANES=launching.LANES,
        num_warps=4, enable_fp_fusion=True,
    )  # fmt: skip


def _thinned(x: Tensor, d: Tensor, scale: int) -> tuple[Tensor, Tensor]:
    """The scale behind `scale`: blurred with its own window, every second pixel of every second row."""
    frames, _, height, width = x.shape
    reach = VIF_SIZES[scale + 1] - 1
    coarser = empty_pair(x, (height - reach + 1) // 2, (width - reach + 1) // 2)
    bands, groups = bands_of(height), -(-width // 4)
    launch(
        _thin, programs(frames * bands.number * groups),
        x, d, *quad_strides(x)[::2], *coarser, *quad_strides(coarser[0])[::2],
        frames, bands.number, groups, bands.rows, height, width, *coarser[0].shape[2:],
        UNIT=_unit(scale), TAPS=_TAPS[scale + 1], LANES=launching.LANES, num_warps=4, enable_fp_fusion=True,
    )  # fmt: skip
    return coarser


def _unit(scale: int) -> float:
    """What a level of the scale's planes is worth: the finest has thousandths."""
    return 1.0 if scale else 1e-3


@triton.jit(do_not_specialize=SIZES)
def _bits(
    x, d, x_frame, x_row, parts, count, planes, bands, groups, rows, height, width,
    UNIT: tl.constexpr, TAPS: tl.constexpr, RUN: tl.constexpr,
    NOISE: tl.constexpr, EPSILON: tl.constexpr, ROUNDING: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One lane filters RUN columns of one band of one frame."""
    REACH: tl.constexpr = len(TAPS) - 1
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    plane, band, left = lane // groups // bands, lane // groups % bands, lane % groups * RUN
    there, top = plane < planes, band * rows
    first = (plane.to(tl.int64) * x_frame + top.to(tl.int64) * x_row) * 4 + left
    x += first
    d += first
    middle = (tl.minimum(top + (rows + REACH) // 2, height - 1) - top).to(tl.int64)
    pixel = middle * x_row * 4 + tl.minimum(left + (RUN + REACH) // 2, width - 1) - left
    base_x = tl.load(x + pixel, mask=there, other=0) * UNIT
    base_d = tl.load(d + pixel, mask=there, other=0) * UNIT
    sums = repeated(tl.zeros((LANES, 2, 2, RUN), tl.float32), REACH)
    crosses = repeated(tl.zeros((LANES, RUN), tl.float32), REACH)
    kept, held = tl.zeros((LANES, RUN), tl.float32), tl.zeros((LANES, RUN), tl.float32)
    fits = left[:, None] + tl.arange(0, RUN)[None, :] < width - REACH
    for step in range(0, tl.minimum(rows + REACH, height)):
        row = top + step
        row_there = there & (row < height)
        row_means = repeated(tl.zeros((LANES, 2, 2), tl.float32), RUN)
        row_crosses = repeated(tl.zeros((LANES,), tl.float32), RUN)
        for at in tl.static_range(0, REACH + RUN, RUN):
            luma = run_of(x, at, left, width, row_there, RUN) * UNIT - base_x[:, None]
            added = run_of(d, at, left, width, row_there, RUN) * UNIT - base_d[:, None]
            pair = tl.join(luma, added)
            row_means = along(row_means, tl.join(pair, pair * pair), at, 1, TAPS)
            row_crosses = along(row_crosses, luma * added, at, 1, TAPS)
        x += x_row * 4
        d += x_row * 4
        cross, crosses = slid(crosses, run_from(row_crosses), TAPS)
        done, sums = slid(sums, run_from(row_means), TAPS)
        means, squares = tl.split(tl.permute(done, (0, 3, 1, 2)))
        mean_x, mean_d = tl.split(means)
        v, w = tl.split(positive(squares - means * means))
        energy, _ = tl.split(squares)
        c = cross - mean_x * mean_d
        flat = v < EPSILON + ROUNDING * energy
        covariance = v + c
        ratio = covariance * covariance / (positive(v * w - c * c) + NOISE * v)
        counts = fits & (row_there & (row >= top + REACH))[:, None]
        kept += tl.log2(1.0 + tl.where(counts & (~(flat | (covariance <= 0))), ratio, 0.0))
        held += tl.log2(1.0 + tl.where(counts & (~flat), v / NOISE, 0.0))
    target = plane.to(tl.int64) * count + lane - plane * bands * groups
    tl.store(parts + target, tl.sum(kept, axis=1), mask=there)
    tl.store(parts + planes.to(tl.int64) * count + target, tl.sum(held, axis=1), mask=there)


@triton.jit(do_not_specialize=SIZES)
def _thin(
    x, d, x_frame, x_row, next_x, next_d, y_frame, y_row,
    planes, bands, groups, rows, height, width, lower, narrow,
    UNIT: tl.constexpr, TAPS: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One lane makes two columns of the next scale of four columns of one band of one frame."""
    REACH: tl.constexpr = len(TAPS) - 1
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    plane, band, left = lane // groups // bands, lane // groups % bands, lane % groups * 4
    there, top = plane < planes, band * rows
    first = (plane.to(tl.int64) * x_frame + top.to(tl.int64) * x_row) * 4 + left
    x += first
    d += first
    target = (plane.to(tl.int64) * y_frame + (top // 2).to(tl.int64) * y_row) * 4 + left // 2
    next_x += target
    next_d += target
    sums = repeated(tl.zeros((LANES, 2, 2), tl.float32), REACH)
    column = tl.arange(0, 2)[None, :]
    for step in range(0, tl.minimum(rows + REACH, height)):
        row = top + step
        row_there = there & (row < height)
        row_means = repeated(tl.zeros((LANES, 2), tl.float32), 2)
        for at in tl.static_range(0, REACH + 4, 4):
            luma = run_of(x, at, left, width, row_there, 4)
            added = run_of(d, at, left, width, row_there, 4)
            row_means = along(row_means, tl.join(luma, added) * UNIT, at, 2, TAPS)
        x += x_row * 4
        d += x_row * 4
        thin, sums = slid(sums, run_from(row_means), TAPS)
        thin_x, thin_d = tl.split(tl.permute(thin, (0, 2, 1)))
        begun_at = row - REACH
        done = there & (begun_at >= top) & (begun_at % 2 == 0) & (begun_at < tl.minimum(2 * lower, top + rows))
        wanted = done[:, None] & ((left // 2)[:, None] + column < narrow)
        at = ((begun_at - top) // 2).to(tl.int64)[:, None] * y_row * 4 + column
        tl.store(next_x[:, None] + at, thin_x, mask=wanted)
        tl.store(next_d[:, None] + at, thin_d, mask=wanted)
