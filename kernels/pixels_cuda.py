"""What one pass over the pixels themselves gives on the GPU: errors, products of channel errors, and VIF's luma.

A lane takes four columns of up to 16 rows, all three channels of both frames. What is not asked for is not compiled in.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

from typing import NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from . import launching
from .launching import SIZES, launch, programs
from .planes_cuda import QUAD, empty_pair, quad_strides, totals
from .quality import LUMA, PRODUCTS

_ROWS = 16
"""Rows of a band: 4 * 16 * 3 squares of bytes are less than 2^24, so float32 holds a lane's sums exactly."""


class Pass(NamedTuple):
    """error float64 [N, 2]: mean squared and mean absolute error, exact sums where the frames are bytes.

    colour float64 [N, 6]: means of the products of the channels' errors, in the order of PRODUCTS.
    luma: two float32 [N, 1, H, W] in rows of whole quads: 1000 luma of x, and what y adds to it; of bytes exact.
    """

    error: Tensor | None
    colour: Tensor | None
    luma: tuple[Tensor, Tensor] | None


def over_pixels(x: Tensor, y: Tensor, error: bool, colour: bool, luma: bool) -> Pass:
    """What is asked for of [N, 3, H, W] `in_quads`; of a single plane the error, which that of three such planes is."""
    if not (error or colour or luma):
        return Pass(None, None, None)
    x, y = (frames.expand(-1, 3, -1, -1) for frames in (x, y))
    frames, channels, height, width = x.shape
    bands, groups = -(-height // _ROWS), -(-width // QUAD)
    counted = 2 * error + len(PRODUCTS) * colour
    parts = torch.empty((counted, frames, bands * groups), dtype=torch.float32, device=x.device)
    lumas = empty_pair(x[:, :1], *((height, width) if luma else (0, 0)))
    launch(
        _pixels, programs(frames * bands * groups),
        x, y, *quad_strides(x), *quad_strides(y), *lumas, parts, frames, bands, groups, height, width,
        ERROR=error, COLOUR=colour, LUMA=_THOUSANDTHS if luma else (), ROWS=_ROWS, LANES=launching.LANES,
        num_warps=4, enable_fp_fusion=True,
    )  # fmt: skip
    sums = totals(parts).T / (height * width)
    return Pass(
        error=sums[:, :2] / channels if error else None,
        colour=sums[:, 2 * error :] if colour else None,
        luma=lumas if luma else None,
    )


_THOUSANDTHS = tuple(round(1000 * weight) for weight in LUMA)


@triton.jit(do_not_specialize=SIZES)
def _pixels(
    x, y, x_frame, x_channel, x_row, y_frame, y_channel, y_row, luma_x, luma_d, parts,
    frames, bands, groups, height, width,
    ERROR: tl.constexpr, COLOUR: tl.constexpr, LUMA: tl.constexpr, ROWS: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    frame, band = lane // groups // bands, lane // groups % bands
    there, top = frame < frames, band * ROWS
    # in quads up to the last step, so that a row of four is seen to begin at one
    x += (frame.to(tl.int64) * x_frame + top.to(tl.int64) * x_row + lane % groups) * 4
    y += (frame.to(tl.int64) * y_frame + top.to(tl.int64) * y_row + lane % groups) * 4
    luma = ((frame.to(tl.int64) * height + top) * groups + lane % groups) * 4
    squared = tl.zeros((LANES, 4), tl.float32)
    absolute, rr, gg, bb, rg, rb, gb = squared, squared, squared, squared, squared, squared, squared
    for step in range(0, tl.minimum(ROWS, height)):
        inside = (there & (top + step < height))[:, None]
        red_x, red = _channel(x, y, inside)
        green_x, green = _channel(x + x_channel * 4, y + y_channel * 4, inside)
        blue_x, blue = _channel(x + x_channel * 8, y + y_channel * 8, inside)
        x += x_row * 4
        y += y_row * 4
        if ERROR:
            squared += red * red + green * green + blue * blue
            absolute += tl.abs(red) + tl.abs(green) + tl.abs(blue)
        if COLOUR:
            rr += red * red
            gg += green * green
            bb += blue * blue
            rg += red * green
            rb += red * blue
            gb += green * blue
        if len(LUMA) > 0:
            at = luma[:, None] + step * groups.to(tl.int64) * 4 + tl.arange(0, 4)[None, :]
            tl.store(luma_x + at, LUMA[0] * red_x + LUMA[1] * green_x + LUMA[2] * blue_x, mask=inside)
            tl.store(luma_d + at, LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue, mask=inside)
    pitch = frames.to(tl.int64) * bands * groups
    if ERROR:
        parts = _put(parts, lane, pitch, squared, there)
        parts = _put(parts, lane, pitch, absolute, there)
    if COLOUR:
        parts = _put(parts, lane, pitch, rr, there)
        parts = _put(parts, lane, pitch, gg, there)
        parts = _put(parts, lane, pitch, bb, there)
        parts = _put(parts, lane, pitch, rg, there)
        parts = _put(parts, lane, pitch, rb, there)
        parts = _put(parts, lane, pitch, gb, there)


@triton.jit
def _channel(x, y, inside):
    """Four pixels of each lane, and the error in them."""
    columns = tl.arange(0, 4)[None, :]
    a = tl.load(x[:, None] + columns, mask=inside, other=0).to(tl.float32)
    b = tl.load(y[:, None] + columns, mask=inside, other=0).to(tl.float32)
    return a, b - a


@triton.jit
def _put(parts, lane, pitch, values, there):
    """Stores the sum of each lane's columns. Returns where the next sums go."""
    tl.store(parts + lane, tl.sum(values, axis=1), mask=there)
    return parts + pitch
