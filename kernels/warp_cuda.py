"""`warp` on CUDA: two passes of blur per level, and one kernel that samples the pyramid."""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import SIZES, launch
from .quality import gaussian
from .warp_levels import LEVELS, SIGMA, SIZE, pyramid_of

_BLOCK = 128
"""Pixels of a program, one to a thread: a sample holds 170 numbers at most of two pixels, half as many of one."""
_TAPS = gaussian(SIZE, SIGMA)[: SIZE // 2 + 1]  # the first half and the middle one; the rest mirror them
_W0, _W1, _W2, _W3, _W4, _W5 = (tl.constexpr(tap) for tap in _TAPS)
_TOP = tl.constexpr(LEVELS - 1)


def warped(reference: Tensor, motion: Tensor) -> Tensor:
    """See `warp.warped`; both contiguous, and on one device."""
    frames, _, height, width = reference.shape
    grid = (triton.cdiv(height * width, _BLOCK), frames)
    pyramid, out = pyramid_of(reference, _blurred), torch.empty_like(reference)
    floats = pyramid.shape[2]
    launch(_sample, grid, reference, pyramid, motion, out, height, width, floats, BLOCK=_BLOCK, enable_fp_fusion=True)
    return out


def _blurred(picture: Tensor) -> Tensor:
    frames, channels, height, width = picture.shape
    grid = (triton.cdiv(height * width, _BLOCK), frames * channels)
    means, out = torch.empty_like(picture), torch.empty_like(picture)
    launch(_blur, grid, picture, means, height, width, DOWN=True, BLOCK=_BLOCK, enable_fp_fusion=True)
    launch(_blur, grid, means, out, height, width, DOWN=False, BLOCK=_BLOCK, enable_fp_fusion=True)
    return out


@triton.jit
def _pair(source, row, column, distance, height, width, DOWN: tl.constexpr):
    """The sum of two pixels, `distance` before and behind; beyond the border lies the border's pixel."""
    if DOWN:
        before, behind = tl.maximum(row - distance, 0), tl.minimum(row + distance, height - 1)
        return tl.load(source + before * width + column) + tl.load(source + behind * width + column)
    before, behind = tl.maximum(column - distance, 0), tl.minimum(column + distance, width - 1)
    return tl.load(source + row * width + before) + tl.load(source + row * width + behind)


@triton.jit(do_not_specialize=SIZES)
def _blur(source, out, height, width, DOWN: tl.constexpr, BLOCK: tl.constexpr):
    """One program filters BLOCK pixels of one plane, along its columns or its rows."""
    plane = tl.program_id(1).to(tl.int64) * height * width
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < height * width
    place = tl.where(inside, at, 0)
    row, column, source = place // width, place % width, source + plane
    total = _W5 * tl.load(source + place)
    total += _W4 * _pair(source, row, column, 1, height, width, DOWN)
    total += _W3 * _pair(source, row, column, 2, height, width, DOWN)
    total += _W2 * _pair(source, row, column, 3, height, width, DOWN)
    total += _W1 * _pair(source, row, column, 4, height, width, DOWN)
    total += _W0 * _pair(source, row, column, 5, height, width, DOWN)
    tl.store(out + plane + place, total, mask=inside)


@triton.jit
def _clamped(position, last):
    """Within 0..last; NaN becomes 0."""
    position = tl.where(position > 0, position, 0.0)
    return tl.where(position < last, position, last)


@triton.jit
def _spline(column, doublings):
    """The three coefficients of a fine column; see `warp`."""
    side = 1 << doublings
    inverse = 1.0 / side.to(tl.float32)
    t = ((column & (side - 1)).to(tl.float32) + 0.5) * inverse - 0.5
    e = 0.125 * inverse * inverse
    return 0.5 * (0.5 - t) * (0.5 - t) - e, 0.75 - t * t + 2.0 * e, 0.5 * (0.5 + t) * (0.5 + t) - e


@triton.jit
def _taps(position, size, doublings):
    """The weights of the four coarse columns (or rows) around a fine position, and the first of them."""
    first = position.to(tl.int32)
    second = tl.minimum(first + 1, size - 1)
    share = position - first.to(tl.float32)
    rest = 1.0 - share
    a0, a1, a2 = _spline(first, doublings)
    b0, b1, b2 = _spline(second, doublings)
    base = first >> doublings
    same = (second >> doublings) == base
    w0 = rest * a0 + tl.where(same, share * b0, 0.0)
    w1 = rest * a1 + share * tl.where(same, b1, b0)
    w2 = rest * a2 + share * tl.where(same, b2, b1)
    w3 = tl.where(same, 0.0, share * b2)
    return w0, w1, w2, w3, base - 1


@triton.jit
def _line(line, w0, w1, w2, w3, left, last, mask):
    """Four neighbours in a row, weighted."""
    c0, c1 = tl.maximum(left, 0), left + 1
    c2, c3 = tl.minimum(left + 2, last), tl.minimum(left + 3, last)
    near = w0 * tl.load(line + c0, mask=mask, other=0) + w1 * tl.load(line + c1, mask=mask, other=0)
    return near + (w2 * tl.load(line + c2, mask=mask, other=0) + w3 * tl.load(line + c3, mask=mask, other=0))


@triton.jit
def _level(level, share, x, y, picture, pyramid, floats, height, width, mask):
    """share * the three channels of one level at (x, y)."""
    doublings = tl.maximum(level - 1, 0)
    area = height * width
    # level_starts as a formula: each level has a quarter of the one before
    start = (area - (area >> (2 * doublings))) // 3 * 4
    stride = tl.where(level == 0, area, floats)
    plane = tl.where(level == 0, picture, pyramid + start)
    a0, a1, a2, a3, left = _taps(x, width, doublings)
    d0, d1, d2, d3, top = _taps(y, height, doublings)
    pitch, last, bottom = width >> doublings, (width >> doublings) - 1, (height >> doublings) - 1
    r0, r1 = tl.maximum(top, 0) * pitch, (top + 1) * pitch
    r2, r3 = tl.minimum(top + 2, bottom) * pitch, tl.minimum(top + 3, bottom) * pitch
    mask = mask & (share > 0)
    red = _square(plane, a0, a1, a2, a3, d0, d1, d2, d3, left, last, r0, r1, r2, r3, mask)
    green = _square(plane + stride, a0, a1, a2, a3, d0, d1, d2, d3, left, last, r0, r1, r2, r3, mask)
    blue = _square(plane + 2 * stride, a0, a1, a2, a3, d0, d1, d2, d3, left, last, r0, r1, r2, r3, mask)
    return share * red, share * green, share * blue


@triton.jit
def _square(plane, a0, a1, a2, a3, d0, d1, d2, d3, left, last, r0, r1, r2, r3, mask):
    near = d0 * _line(plane + r0, a0, a1, a2, a3, left, last, mask)
    near += d1 * _line(plane + r1, a0, a1, a2, a3, left, last, mask)
    far = d2 * _line(plane + r2, a0, a1, a2, a3, left, last, mask)
    far += d3 * _line(plane + r3, a0, a1, a2, a3, left, last, mask)
    return near + far


@triton.jit(do_not_specialize=SIZES)
def _sample(reference, pyramid, motion, out, height, width, floats, BLOCK: tl.constexpr):
    """One program samples BLOCK pixels of one picture. `floats`: of one plane's pyramid."""
    area = height * width
    frame = tl.program_id(1).to(tl.int64)
    reference, pyramid = reference + frame * 3 * area, pyramid + frame * 3 * floats
    motion, out = motion + frame * 3 * area, out + frame * 3 * area
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = at < area
    blur = tl.load(motion + 2 * area + at, mask=mask, other=0)
    x = (at % width).to(tl.float32) + tl.load(motion + at, mask=mask, other=0) * (0.5 * width)
    y = (at // width).to(tl.float32) + tl.load(motion + area + at, mask=mask, other=0) * (0.5 * height)
    x, y, z = _clamped(x, width - 1.0), _clamped(y, height - 1.0), _clamped(3.0 * blur + 2.5, _TOP + 0.0)
    lower = z.to(tl.int32)
    share = z - lower.to(tl.float32)
    r, g, b = _level(lower, 1.0 - share, x, y, reference, pyramid, floats, height, width, mask)
    # the upper level of a whole number may not exist; its share is 0 and nothing of it is read
    r2, g2, b2 = _level(lower + 1, share, x, y, reference, pyramid, floats, height, width, mask)
    tl.store(out + at, r + r2, mask=mask)
    tl.store(out + area + at, g + g2, mask=mask)
    tl.store(out + 2 * area + at, b + b2, mask=mask)
