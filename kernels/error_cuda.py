"""Squared and absolute error of uint8 or float32 frames in any memory layout, in one pass on the GPU."""

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
        a = tl.load(x + rows * x_row + columns * x_column, mask=inside, other=0).to(tl.float32)
        b = tl.load(y + rows * y_row + columns * y_column, mask=inside, other=0).to(tl.float32)
        squared += (a - b) * (a - b)
        absolute += tl.abs(a - b)
    tl.store(sums + program * 2, tl.sum(squared.to(tl.float64)))
    tl.store(sums + program * 2 + 1, tl.sum(absolute.to(tl.float64)))
