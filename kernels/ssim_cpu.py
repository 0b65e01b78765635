"""SSIM and the five scales of MS-SSIM on the CPU, of uint8 or float32 frames in any memory layout.

The loops filter the sum p = x + y and the difference m = x - y instead of x and y. Four filters then do instead of
five, since only var x + var y and cov(x, y) are needed: var p + var m = 2 (var x + var y), var p - var m = 4 cov(x, y);
and where the frames are alike, the small var m is filtered as itself and not as a difference of large numbers.
Each tile first takes off the values of its middle pixel: float32 then holds the variances of flat areas well.
"""

from __future__ import annotations

import numpy as np

from .arrays import Float32Array, Float64Array, Int64Array, Number, Pixels
from .compiled import compiled, inlined
from .pyramid_cpu import PyramidPass
from .quality import C1, C2, SSIM_SIZE
from .tiles_cpu import BLOCK, COLUMNS, PITCH, ROWS, STEP, TILE, WINDOWS, load_plane

_mean, _mean_rows, _product_rows = WINDOWS[SSIM_SIZE]
_REACH = SSIM_SIZE - 1
_SCRATCH = 2 * TILE + 4 * BLOCK
_PYRAMID_FLOATS = 1 << 23  # 32 MiB of coarser scales at a time: frames are taken in groups of that size
_C1, _C2 = np.float32(C1), np.float32(C2)
_ZERO, _QUARTER, _HALF, _ONE = np.float32(0), np.float32(0.25), np.float32(0.5), np.float32(1)


def ssim(x: Pixels, y: Pixels, scales: int) -> Float64Array:
    """float64 [N, scales, 3, 2]: means of luminance * structure and of structure; NaN where the window does not fit."""
    _, _, height, width = x.shape
    levels = _levels(height, width, scales)
    result = np.full((len(x), scales, x.shape[1], 2), np.nan)
    if len(levels) == 0:
        return result
    pyramid_floats = x.shape[1] * 2 * int(levels[1:, 0] @ levels[1:, 1])
    group = max(1, _PYRAMID_FLOATS // max(pyramid_floats, 1))
    for at in range(0, len(x), group):
        frames = slice(at, at + group)
        result[frames, : len(levels)] = _means(x[frames], y[frames], levels)
    return result


def _means(x: Pixels, y: Pixels, levels: Int64Array) -> Float64Array:
    """float64 [N, levels, 3, 2] of one group of frames."""
    frames, channels = x.shape[:2]
    means = PyramidPass("ssim_pyramid", _REACH, _SCRATCH, _finest, _coarser).run(x, y, frames * channels, levels)
    means /= ((levels[:, 0] - _REACH) * (levels[:, 1] - _REACH))[:, None]
    return means.reshape(frames, channels, -1, 2).swapaxes(1, 2)


def _levels(height: int, width: int, scales: int) -> Int64Array:
    """int64 [levels, 3]: height, width and offset in a plane's pyramid of each scale that the window fits into."""
    levels: list[tuple[int, int, int]] = []
    offset = 0
    while len(levels) < scales and min(height, width) >= SSIM_SIZE:
        levels.append((height, width, offset))
        offset += height * width if len(levels) > 1 else 0  # the finest scale is the frame itself
        height, width = (height + 1) // 2, (width + 1) // 2
    return np.array(levels, np.int64).reshape(-1, 3)


@compiled
def _finest(
    x: Pixels,
    y: Pixels,
    start: int,
    stop: int,
    levels: Int64Array,
    scratch: Float32Array,
    pyramid: Float32Array,
    sums: Float64Array,
) -> None:
    """Sums of tiles start..stop of the frames, in `sums`; the planes' next scale, if there is one, in `pyramid`."""
    channels, height, width = x.shape[1:]
    bands, strips = -((_REACH - height) // ROWS), -((_REACH - width) // COLUMNS)
    p, m, rest = scratch[:TILE], scratch[TILE : 2 * TILE], scratch[2 * TILE :]
    for task in range(start, stop):
        plane, band, strip = task // (bands * strips), task // strips % bands, task % strips
        a, b = x[plane // channels, plane % channels], y[plane // channels, plane % channels]
        top, left = band * ROWS, strip * COLUMNS
        rows, columns = min(ROWS, height - _REACH - top), min(COLUMNS, width - _REACH - left)
        cut = slice(top, top + rows + _REACH), slice(left, left + columns + _REACH)
        base_p, base_m = _load_frames(a[cut], b[cut], p, m)
        sums[task, 0], sums[task, 1] = _tile(p, m, base_p, base_m, rows, columns, rest)
        if len(levels) > 1 and strip == 0:
            last = levels[1, 0] if band == bands - 1 else (top + ROWS) // 2
            _halve_frames(a, b, top // 2, last, levels[1, 1], pyramid[plane])


@compiled
def _coarser(
    pyramid: Float32Array, start: int, stop: int, levels: Int64Array, scratch: Float32Array, sums: Float64Array
) -> None:
    """Sums of the coarser scales of planes start..stop; each scale is made from the one before it."""
    p, m, rest = scratch[:TILE], scratch[TILE : 2 * TILE], scratch[2 * TILE :]
    for plane in range(start, stop):
        for level in range(1, len(levels)):
            height, width, offset = levels[level]
            a = pyramid[plane, 0, offset : offset + height * width]
            b = pyramid[plane, 1, offset : offset + height * width]
            product, structure = 0.0, 0.0
            for top in range(0, height - _REACH, ROWS):
                for left in range(0, width - _REACH, COLUMNS):
                    rows, columns = min(ROWS, height - _REACH - top), min(COLUMNS, width - _REACH - left)
                    corner = top * width + left
                    base_p = load_plane(a[corner:], width, p, rows + _REACH, columns + _REACH)
                    base_m = load_plane(b[corner:], width, m, rows + _REACH, columns + _REACH)
                    s, t = _tile(p, m, base_p, base_m, rows, columns, rest)
                    product += s
                    structure += t
            sums[plane, level, 0], sums[plane, level, 1] = product, structure
            if level + 1 < len(levels):
                _halve_plane(a, height, width, pyramid[plane, 0, levels[level + 1, 2] :])
                _halve_plane(b, height, width, pyramid[plane, 1, levels[level + 1, 2] :])


@inlined
def _load_frames(x: Pixels, y: Pixels, p: Float32Array, m: Float32Array) -> tuple[Number, Number]:
    """Sums and differences of a piece of two planes, less those of its middle pixel, which are returned."""
    rows, columns = x.shape
    middle_x, middle_y = np.float32(x[rows // 2, columns // 2]), np.float32(y[rows // 2, columns // 2])
    base_p, base_m = middle_x + middle_y, middle_x - middle_y
    for row in range(rows):
        x_row, y_row, p_row, m_row = x[row], y[row], p[row * PITCH :], m[row * PITCH :]
        for column in range(columns):
            a, b = np.float32(x_row[column]), np.float32(y_row[column])
            p_row[column] = (a + b) - base_p
            m_row[column] = (a - b) - base_m
    return base_p, base_m


@inlined
def _tile(
    p: Float32Array,
    m: Float32Array,
    base_p: Number,
    base_m: Number,
    rows: int,
    columns: int,
    scratch: Float32Array,
) -> tuple[Number, Number]:
    """Sums over a tile of luminance * structure, and of structure."""
    mean_p, mean_m = scratch[:BLOCK], scratch[BLOCK : 2 * BLOCK]
    square_p, square_m = scratch[2 * BLOCK : 3 * BLOCK], scratch[3 * BLOCK : 4 * BLOCK]
    product, structure = 0.0, 0.0
    for top in range(0, rows, STEP):
        p_rows, m_rows = p[top * PITCH :], m[top * PITCH :]
        _mean_rows(p_rows, mean_p, columns + _REACH)
        _mean_rows(m_rows, mean_m, columns + _REACH)
        _product_rows(p_rows, p_rows, square_p, columns + _REACH)
        _product_rows(m_rows, m_rows, square_m, columns + _REACH)
        for row in range(min(STEP, rows - top)):
            at = row * PITCH
            s, t = _row(mean_p[at:], mean_m[at:], square_p[at:], square_m[at:], columns, base_p, base_m)
            product += s
            structure += t
    return product, structure


@inlined
def _row(
    mean_p: Float32Array,
    mean_m: Float32Array,
    square_p: Float32Array,
    square_m: Float32Array,
    columns: int,
    base_p: Number,
    base_m: Number,
) -> tuple[Number, Number]:
    product, structure = _ZERO, _ZERO
    for column in range(columns):
        p, m = _mean(mean_p, column, 1), _mean(mean_m, column, 1)
        var_p = max(_mean(square_p, column, 1) - p * p, _ZERO)
        var_m = max(_mean(square_m, column, 1) - m * m, _ZERO)
        pp, mm = (p + base_p) * (p + base_p), (m + base_m) * (m + base_m)
        luminance, most_luminance = (pp - mm) * _HALF + _C1, (pp + mm) * _HALF + _C1
        contrast, most_contrast = (var_p - var_m) * _HALF + _C2, (var_p + var_m) * _HALF + _C2
        scale = _ONE / (most_luminance * most_contrast)
        product += luminance * contrast * scale
        structure += contrast * most_luminance * scale
    return product, structure


@inlined
def _halve_frames(x: Pixels, y: Pixels, first: int, last: int, width: int, pyramid: Float32Array) -> None:
    """Rows first..last of the next scale: of the sum in pyramid[0], of the difference in pyramid[1]."""
    odd_rows, odd_columns = x.shape[0] % 2, x.shape[1] % 2
    for row in range(first, last):
        lower = 2 * row + 1 - odd_rows
        upper, weight = max(lower - 1, 0), np.float32(lower > 0)
        p, m = pyramid[0, row * width : (row + 1) * width], pyramid[1, row * width : (row + 1) * width]
        _halve_row(x[upper], x[lower], weight, odd_columns, p)
        _halve_row(y[upper], y[lower], weight, odd_columns, m)
        for column in range(width):
            a, b = p[column], m[column]
            p[column], m[column] = a + b, a - b


@inlined
def _halve_plane(plane: Float32Array, height: int, width: int, out: Float32Array) -> None:
    narrow = (width + 1) // 2
    for row in range((height + 1) // 2):
        lower = 2 * row + 1 - height % 2
        upper, weight = max(lower - 1, 0), np.float32(lower > 0)
        target = out[row * narrow : (row + 1) * narrow]
        _halve_row(plane[upper * width :][:width], plane[lower * width :][:width], weight, width % 2, target)


@inlined
def _halve_row(upper: Pixels, lower: Pixels, weight: Number, odd: int, out: Float32Array) -> None:
    """Means of 2 x 2 pixels; `odd` puts a zero before each row, `weight` 0 makes the upper row one of zeros."""
    if odd:
        out[0] = (weight * np.float32(upper[0]) + np.float32(lower[0])) * _QUARTER
    upper, lower, out = upper[odd:], lower[odd:], out[odd:]
    for column in range(len(out)):
        above = np.float32(upper[2 * column]) + np.float32(upper[2 * column + 1])
        below = np.float32(lower[2 * column]) + np.float32(lower[2 * column + 1])
        out[column] = (weight * above + below) * _QUARTER
