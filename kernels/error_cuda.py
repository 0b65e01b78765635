"""Squared and absolute error, and the products of channel errors, of frames in any memory layout on the GPU."""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_ROWS, _COLUMNS = 16, 256


def error(x: Tensor, y: Tensor) -> Tensor:
    """float64 [N, 2]: mean squared and mean absolute error of [N, 3, H, W]; exact sums where the frames are bytes."""
    frames, channels, height, width = x.shape
    bands = triton.cdiv(height, _ROWS)
    sums = torch.empty((frames, channels * bands, 2), dtype=torch.float64, device=x.device)
    _bands[(frames * channels * bands,)](
        x, y, *x.stride(), *y.stride(), sums, channels, bands, height, width,
        ROWS=_ROWS, COLUMNS=_COLUMNS, enable_fp_fusion=True,
    )  # fmt: skip
    return sums.sum(1) / (channels * height * width)


def colour(x: Tensor, y: Tensor) -> Tensor:
    """float64 [N, 6]: means over [N, 3, H, W] of the products of the channels' errors, in the order of PRODUCTS."""
    frames, _, height, width = x.shape
    bands = triton.cdiv(height, _ROWS)
    sums = torch.empty((frames, bands, 6), dtype=torch.float64, device=x.device)
    _colour_bands[(frames * bands,)](
        x, y, *x.stride(), *y.stride(), sums, bands, height, width,
        ROWS=_ROWS, COLUMNS=_COLUMNS, enable_fp_fusion=True,
    )  # fmt: skip
    return sums.sum(1) / (height * width)


@triton.jit
def _bands(
    x, y, x_frame, x_channel, x_row, x_column, y_frame, y_channel, y_row, y_column, sums,
    channels, bands, height, width,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """One program sums 16 rows of one plane. Each lane adds so few squares of bytes that float32 holds them exactly."""
    program = tl.program_id(0)
    plane, band = program // bands, program % bands
    x += (plane // channels).to(tl.int64) * x_frame + (plane % channels).to(tl.int64) * x_channel
    y += (plane // channels).to(tl.int64) * y_frame + (plane % channels).to(tl.int64) * y_channel
    rows = band * ROWS + tl.arange(0, ROWS)[:, None]
    squared = tl.zeros((ROWS, COLUMNS), tl.float32)
    absolute = tl.zeros((ROWS, COLUMNS), tl.float32)
    for left in range(0, width, COLUMNS):
        columns = left + tl.arange(0, COLUMNS)[None, :]
        inside = (rows < height) & (columns < width)
        a, b = x + rows * x_row + columns * x_column, y + rows * y_row + columns * y_column
        difference = _difference(a, b, inside)
        squared += difference * difference
        absolute += tl.abs(difference)
    tl.store(sums + program * 2, tl.sum(squared.to(tl.float64)))
    tl.store(sums + program * 2 + 1, tl.sum(absolute.to(tl.float64)))


@triton.jit
def _colour_bands(
    x, y, x_frame, x_channel, x_row, x_column, y_frame, y_channel, y_row, y_column, sums,
    bands, height, width,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """One program sums 16 rows of one frame."""
    program = tl.program_id(0)
    x += (program // bands).to(tl.int64) * x_frame
    y += (program // bands).to(tl.int64) * y_frame
    rows = program % bands * ROWS + tl.arange(0, ROWS)[:, None]
    rr = tl.zeros((ROWS, COLUMNS), tl.float32)
    gg, bb, rg, rb, gb = rr, rr, rr, rr, rr
    for left in range(0, width, COLUMNS):
        columns = left + tl.arange(0, COLUMNS)[None, :]
        inside = (rows < height) & (columns < width)
        a, b = x + rows * x_row + columns * x_column, y + rows * y_row + columns * y_column
        red = _difference(a, b, inside)
        green = _difference(a + x_channel, b + y_channel, inside)
        blue = _difference(a + 2 * x_channel, b + 2 * y_channel, inside)
        rr += red * red
        gg += green * green
        bb += blue * blue
        rg += red * green
        rb += red * blue
        gb += green * blue
    target = sums + program * 6
    tl.store(target, tl.sum(rr.to(tl.float64)))
    tl.store(target + 1, tl.sum(gg.to(tl.float64)))
    tl.store(target + 2, tl.sum(bb.to(tl.float64)))
    tl.store(target + 3, tl.sum(rg.to(tl.float64)))
    tl.store(target + 4, tl.sum(rb.to(tl.float64)))
    tl.store(target + 5, tl.sum(gb.to(tl.float64)))


@triton.jit
def _difference(a, b, inside):
    return tl.load(a, mask=inside, other=0).to(tl.float32) - tl.load(b, mask=inside, other=0).to(tl.float32)
