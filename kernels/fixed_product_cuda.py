"""`fixed_product` on a GPU: every sum in the order of k, each step one fma in float64, as fixed_product.cpp has it."""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false, disable-error-code=assignment
# ruff: noqa: RUF005  # Triton's tuples are added and not unpacked

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import SIZES, launch

_ROWS, _LANES, _STEPS = 4, 32, 16
"""Of one program: one warp with a column to a lane. Few rows, because a step of a context model has few."""


def fixed_product(rows: Tensor, weights: Tensor, start: Tensor) -> Tensor:
    """start + rows @ weights: float64 [R, K], [K, N] and [R, N] (or expanded to it) -> a new float64 [R, N]."""
    (count, depth), columns = rows.shape, weights.shape[1]
    if weights.shape[0] != depth or start.shape != (count, columns):
        raise ValueError("rows of [R, K] and a start of [R, N] are needed, for weights of [K, N]")
    out = torch.empty((count, columns), dtype=torch.float64, device=rows.device)
    if out.numel():
        grid = -(-columns // _LANES), -(-count // _ROWS)
        launch(
            _product, grid, rows.contiguous(), weights, start, *start.stride(), out, count, depth, columns,
            ROWS=_ROWS, LANES=_LANES, STEPS=_STEPS, num_warps=1,
        )  # fmt: skip
    return out


@triton.jit(do_not_specialize=SIZES)
def _product(
    x, weights, start, x_row, x_column, out, rows, depth, width,
    ROWS: tl.constexpr, LANES: tl.constexpr, STEPS: tl.constexpr,
):  # fmt: skip
    """One lane sums ROWS results of one column. What lies behind the last row and column is computed and not stored."""
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    column, first = tl.minimum(lane, width - 1), tl.program_id(1) * ROWS
    weights += column
    sums, sources = (), ()
    for place in tl.static_range(ROWS):
        row = tl.minimum(first + place, rows - 1).to(tl.int64)
        sums = sums + (tl.load(start + row * x_row + column.to(tl.int64) * x_column),)
        sources = sources + (x + row * depth,)
    whole = depth // STEPS * STEPS
    for k in range(0, whole, STEPS):
        for step in tl.static_range(STEPS):
            sums = _added(sums, sources, weights, k + step, width)
    for k in range(whole, depth):
        sums = _added(sums, sources, weights, k, width)
    for place in tl.static_range(ROWS):
        row = first + place
        stored = tl.where(row < rows, width, 0)
        tl.store(out + row.to(tl.int64) * width + lane, sums[place], mask=lane < stored)


@triton.jit
def _added(sums, sources, weights, k, width):
    """One step of every sum."""
    weight = tl.load(weights + k * width)
    result = ()
    for place in tl.static_range(len(sums)):
        result = result + (tl.fma(weight, tl.load(sources[place] + k), sums[place]),)
    return result
