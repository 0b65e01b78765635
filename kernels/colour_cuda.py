"""What a GPU's video decoder hands out to RGB: one pass, and the bits that `colour.to_rgb` has of the same 4:2:0.

DALI brings chroma to full size by bilinear interpolation about centred positions, in float32 and without rounding. So
16 times a sample is the whole number that colour_to_rgb.hpp has at that place; where the stream's chroma lies on the
left column, what is interpolated from there follows from two neighbours, exactly: with u centred and c the chroma,
u[2i-1] = (3c[i-1] + c[i]) / 4 and u[2i] = (c[i-1] + 3c[i]) / 4, edges repeated. Hence c[i] = (3u[2i] - u[2i-1]) / 2 and
(c[i] + c[i+1]) / 2 = (u[2i+1] + u[2i+2]) / 2.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from . import launching
from .colour import coefficients
from .launching import SIZES, launch, programs


def to_rgb(samples: Tensor, matrix: str, full_range: bool, centred: bool) -> Tensor:
    """uint8 [N, 3, H, W] RGB of float32 [N, H, W, 3] 8-bit Y'CbCr; H and W are even.

    matrix:      "bt601", "bt709" or "bt2020".
    full_range:  of the Y'CbCr.
    centred:     the stream's chroma lies between two columns, not on the even ones.

    Raises ValueError for another shape or type.
    """
    fits = samples.ndim == 4 and samples.shape[3] == 3 and not (samples.shape[1] | samples.shape[2]) % 2
    if not (fits and samples.dtype == torch.float32):
        raise ValueError(f"float32 [N, H, W, 3] of even sides is needed, got {samples.dtype} {tuple(samples.shape)}")
    frames, height, width, _ = samples.shape
    rgb = torch.empty((frames, 3, height, width), dtype=torch.uint8, device=samples.device)
    groups = width // 2
    if rgb.numel():
        launch(
            _pairs, programs(frames * height * groups),
            samples.contiguous(), rgb, *coefficients(matrix, full_range), frames, height, groups,
            CENTRED=centred, LANES=launching.LANES, num_warps=4,
        )  # fmt: skip
    return rgb


@triton.jit(do_not_specialize=(*SIZES, "black", "luma", "red_of_cr", "green_of_cb", "green_of_cr", "blue_of_cb"))
def _pairs(
    samples, rgb, black, luma, red_of_cr, green_of_cb, green_of_cr, blue_of_cb, frames, height, groups,
    CENTRED: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One lane converts two neighbouring pixels."""
    lane = tl.program_id(0) * LANES + tl.arange(0, LANES)
    line, group = lane // groups, lane % groups
    there = line < frames * height
    first = samples + (line.to(tl.int64) * groups + group) * 6
    y = tl.join((_sixteenths(first, there) - black) * luma, (_sixteenths(first + 3, there) - black) * luma)
    cb = _chroma(first + 1, group, groups, there, CENTRED)
    cr = _chroma(first + 2, group, groups, there, CENTRED)
    frame, row = (line // height).to(tl.int64), line % height
    target = (((frame * 3 * height + row) * groups + group) * 2)[:, None] + tl.arange(0, 2)[None, :]
    plane = height.to(tl.int64) * groups * 2
    tl.store(rgb + target, _level(y + cr * red_of_cr), mask=there[:, None])
    tl.store(rgb + plane + target, _level(y + cb * green_of_cb + cr * green_of_cr), mask=there[:, None])
    tl.store(rgb + 2 * plane + target, _level(y + cb * blue_of_cb), mask=there[:, None])


@triton.jit
def _sixteenths(sample, there):
    """int32: 16 times a sample."""
    return tl.floor(tl.load(sample, mask=there, other=0) * 16 + 0.5).to(tl.int32)


@triton.jit
def _chroma(first, group, groups, there, CENTRED: tl.constexpr):
    """int32 [LANES, 2]: chroma of two pixels about the stream's own positions in sixteenths, 0 for grey."""
    even, odd = _sixteenths(first, there), _sixteenths(first + 3, there)
    if not CENTRED:
        before = tl.where(group > 0, _sixteenths(first - 3, there & (group > 0)), even)
        behind = tl.where(group < groups - 1, _sixteenths(first + 6, there & (group < groups - 1)), odd)
        even, odd = (3 * even - before) >> 1, (odd + behind) >> 1
    return tl.join(even, odd) - 2048


@triton.jit
def _level(total):
    """uint8 of a level with 17 bits behind the point, rounded; wraps around at 512 levels as colour_to_rgb.hpp does."""
    level = (total * 32 + (1 << 21)) >> 22
    return tl.minimum(tl.maximum(level, 0), 255).to(tl.uint8)
