"""`warp` on the CPU: numba loops over rows, on as many threads as torch uses."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .arrays import Float32Array, Int64Array, Number
from .compiled import compiled, inlined
from .threads import spread
from .tiles_cpu import WINDOWS
from .warp_levels import LEVELS, SIZE, level_starts, pyramid_of

_mean = WINDOWS[SIZE].mean  # SSIM's window is this one too: 11 taps, sigma 1.5
_MARGIN = SIZE // 2
_ROWS = 16  # rows of one task
_LEAST = 4  # tasks that are worth waking a thread for

Weights = tuple[Number, Number, Number, Number]
Indices = tuple[int, int, int, int]


def warped(reference: Tensor, motion: Tensor) -> Tensor:
    """See `warp.warped`; both contiguous."""
    pyramid, out = pyramid_of(reference, _blurred), torch.empty_like(reference)
    arrays = (reference.flatten(2).numpy(), pyramid.numpy(), motion.numpy(), out.flatten(2).numpy())
    starts = np.array(level_starts(*reference.shape[2:]))
    rows = len(reference) * reference.shape[2]
    spread(lambda start, stop: _sample(*arrays, starts, start * _ROWS, stop * _ROWS), rows // _ROWS, _LEAST)
    return out


def _blurred(picture: Tensor) -> Tensor:
    padded = F.pad(picture, (_MARGIN,) * 4, mode="replicate").numpy()
    out = torch.empty_like(picture)
    planes, height, width = out.shape[0] * out.shape[1], out.shape[2], out.shape[3]
    source, target = padded.reshape(planes, -1), out.numpy().reshape(planes, height, width)
    tasks = -(-planes * height // _ROWS)
    spread(lambda start, stop: _blur(source, target, start * _ROWS, stop * _ROWS), tasks, _LEAST)
    return out


@compiled
def _blur(source: Float32Array, target: Float32Array, start: int, stop: int) -> None:
    """Rows start..stop, counted through all planes. `source` has each plane flat, with a margin on every side."""
    planes, height, width = target.shape
    pitch = width + 2 * _MARGIN
    means = np.empty(pitch, np.float32)
    for task in range(start, min(stop, planes * height)):
        plane, row = task // height, task % height
        above, out = source[plane, row * pitch :], target[plane, row]
        for column in range(pitch):
            means[column] = _mean(above, column, pitch)
        for column in range(width):
            out[column] = _mean(means, column, 1)


@inlined
def _clamped(position: Number, last: Number) -> Number:
    """Within 0..last; NaN becomes 0."""
    position = position if position > np.float32(0) else np.float32(0)  # max() may keep a NaN
    return position if position < last else last


@inlined
def _spline(column: int, doublings: int) -> tuple[Number, Number, Number]:
    """The three coefficients of a fine column; see `warp`."""
    side = 1 << doublings
    inverse = np.float32(1) / np.float32(side)
    t = (np.float32(column & (side - 1)) + np.float32(0.5)) * inverse - np.float32(0.5)
    e = np.float32(0.125) * inverse * inverse
    before, behind = np.float32(0.5) - t, np.float32(0.5) + t
    middle = np.float32(0.75) - t * t + np.float32(2) * e
    return np.float32(0.5) * before * before - e, middle, np.float32(0.5) * behind * behind - e


@inlined
def _taps(position: Number, size: int, doublings: int) -> tuple[Weights, Indices]:
    """The weights of the four coarse columns (or rows) around a fine position, and where they are."""
    first = int(position)
    second = min(first + 1, size - 1)
    share = position - np.float32(first)
    rest = np.float32(1) - share
    a0, a1, a2 = _spline(first, doublings)
    b0, b1, b2 = _spline(second, doublings)
    base, last = first >> doublings, (size >> doublings) - 1
    indices = max(base - 1, 0), base, min(base + 1, last), min(base + 2, last)
    if second >> doublings == base:
        return (rest * a0 + share * b0, rest * a1 + share * b1, rest * a2 + share * b2, np.float32(0)), indices
    return (rest * a0, rest * a1 + share * b0, rest * a2 + share * b1, share * b2), indices


@inlined
def _line(plane: Float32Array, across: Weights, columns: Indices, at: int) -> Number:
    """Four neighbours in a row, weighted."""
    near = across[0] * plane[at + columns[0]] + across[1] * plane[at + columns[1]]
    return near + (across[2] * plane[at + columns[2]] + across[3] * plane[at + columns[3]])


@compiled
def _sample(
    picture: Float32Array,
    pyramid: Float32Array,
    motion: Float32Array,
    out: Float32Array,
    starts: Int64Array,
    start: int,
    stop: int,
) -> None:
    """Rows start..stop, counted through all pictures. picture, out: [N, 3, H * W], flat. motion: [N, 3, H, W]."""
    _, _, height, width = motion.shape
    half_width, half_height = np.float32(0.5 * width), np.float32(0.5 * height)
    for task in range(start, stop):
        image, row = task // height, task % height
        for column in range(width):
            x = _clamped(np.float32(column) + motion[image, 0, row, column] * half_width, np.float32(width - 1))
            y = _clamped(np.float32(row) + motion[image, 1, row, column] * half_height, np.float32(height - 1))
            z = _clamped(np.float32(3) * motion[image, 2, row, column] + np.float32(2.5), np.float32(LEVELS - 1))
            lower = int(z)
            upper_share = z - np.float32(lower)
            r = g = b = np.float32(0)
            for level in range(lower, lower + 2):
                share = upper_share if level > lower else np.float32(1) - upper_share
                if share == np.float32(0):  # the upper level of a whole number, which may not exist
                    continue
                doublings = max(level - 1, 0)
                across, columns = _taps(x, width, doublings)
                down, rows = _taps(y, height, doublings)
                planes = picture[image] if level == 0 else pyramid[image, :, starts[level] :]
                for i in range(4):
                    at = rows[i] * (width >> doublings)
                    weight = share * down[i]
                    r += weight * _line(planes[0], across, columns, at)
                    g += weight * _line(planes[1], across, columns, at)
                    b += weight * _line(planes[2], across, columns, at)
            at = row * width + column
            out[image, 0, at], out[image, 1, at], out[image, 2, at] = r, g, b
