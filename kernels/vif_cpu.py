"""VIF in the pixel domain over four scales on the CPU, of uint8 or float32 RGB frames in any memory layout.

The loops filter the reference luma x and the difference d = y - x. With v = var x, w = var d, c = cov(x, d):
cov(x, y) = v + c, and what x does not explain of y has the variance (v w - c^2) / v. Where the frames are alike,
d is small and so is its rounding, while var y - cov(x, y)^2 / var x would be a difference of large numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arrays import Float32Array, Float64Array, Int64Array, Number, Pixels
from .compiled import compiled, inlined, pasted
from .pyramid_cpu import PyramidPass
from .quality import LUMA, VIF_EPSILON, VIF_MIN_SIDE, VIF_NOISE, VIF_ROUNDING, VIF_SIZES
from .tiles_cpu import BLOCK, COLUMNS, PITCH, ROWS, STEP, TILE, WINDOWS, load_plane

_REACH = VIF_SIZES[0] - 1
_SCRATCH = 2 * TILE + 5 * BLOCK
_PYRAMID_FLOATS = 1 << 23  # 32 MiB of coarser scales at a time: frames are taken in groups of that size
_RED, _GREEN, _BLUE = (np.float32(weight) for weight in LUMA)
_ZERO, _ONE, _NOISE = np.float32(0), np.float32(1), np.float32(VIF_NOISE)
_EPSILON = np.float32(VIF_EPSILON)
_ROUNDING = np.float32(VIF_ROUNDING)


def vif(x: Pixels, y: Pixels) -> Float64Array:
    """float64 [N, 4, 2]: bits kept in the distorted and held by the reference frames, summed over each scale."""
    _, _, height, width = x.shape
    if min(height, width) < VIF_MIN_SIDE:
        return np.full((len(x), len(VIF_SIZES), 2), np.nan)
    levels = _levels(height, width)
    group = max(1, _PYRAMID_FLOATS // (2 * int(levels[1:, 0] @ levels[1:, 1])))
    groups = (slice(at, at + group) for at in range(0, len(x), group))
    over_scales = PyramidPass("vif_pyramid", _REACH, _SCRATCH, _finest, _coarser)
    return np.concatenate([over_scales.run(x[frames], y[frames], len(x[frames]), levels) for frames in groups])


def _levels(height: int, width: int) -> Int64Array:
    """int64 [4, 3]: height, width and offset in a frame's pyramid of each scale."""
    levels, offset = [(height, width, 0)], 0
    for size in VIF_SIZES[1:]:
        height, width = (height - size + 2) // 2, (width - size + 2) // 2
        levels.append((height, width, offset))
        offset += height * width
    return np.array(levels, np.int64)


@inlined
def _positive(value: Number) -> Number:
    """The value, at least zero. Unlike max() it lets a NaN through."""
    if value < _ZERO:
        return _ZERO
    return value


@inlined
def _log2(value: Number) -> Number:
    """log2 of a float32 >= 1, to 2e-7: the exponent, and a polynomial (fitted at Chebyshev nodes) of the mantissa."""
    bits = np.float32(value).view(np.int32)
    exponent = np.int32(np.int32(bits - np.int32(0x3F400000)) >> 23)
    t = np.int32(bits - np.int32(exponent << 23)).view(np.float32) - _ONE  # the mantissa in [0.75, 1.5), less one
    high = _L4 + t * (_L5 + t * (_L6 + t * (_L7 + t * _L8)))
    mantissa = t * (_L0 + t * (_L1 + t * (_L2 + t * (_L3 + t * high))))
    return np.float32(exponent) + mantissa if value == value else value  # NaN for NaN


Bits = tuple[Number, Number]
"""Bits that reach the eye: kept in the distorted, held by the reference."""
TileSums = Callable[[Float32Array, Float32Array, int, int, Float32Array], Bits]
Decimate = Callable[[Float32Array, Number, int, int, Float32Array, int, Float32Array], None]
Scale = Callable[[Float32Array, Float32Array, Number, Number, int, int, Int64Array, Float32Array, Float32Array], Bits]
Plane = Callable[[Float32Array, Int64Array, Float32Array], Bits]

_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (
    np.float32(coefficient)
    for coefficient in (
        1.44269503,
        -0.721348472,
        0.480902231,
        -0.360576574,
        0.288186326,
        -0.242701903,
        0.216358558,
        -0.174443775,
        0.0782798038,
    )
)


def _tile_of(size: int) -> TileSums:
    """The sums over one tile at the scale of that window: bits kept, bits held."""
    mean, mean_rows, product_rows = WINDOWS[size]
    reach = size - 1

    @inlined
    def row_of(
        mean_x: Float32Array,
        mean_d: Float32Array,
        square_x: Float32Array,
        square_d: Float32Array,
        product: Float32Array,
        columns: int,
    ) -> Bits:
        kept_bits, whole_bits = _ZERO, _ZERO
        for column in range(columns):
            x, d = mean(mean_x, column, 1), mean(mean_d, column, 1)
            energy = mean(square_x, column, 1)
            v = _positive(energy - x * x)
            w = _positive(mean(square_d, column, 1) - d * d)
            c = mean(product, column, 1) - x * d
            flat = v < _EPSILON + _ROUNDING * energy
            covariance = v + c
            ratio = covariance * covariance / (_positive(v * w - c * c) + _NOISE * v)
            kept_bits += _log2(_ONE + (_ZERO if flat or covariance <= _ZERO else ratio))
            whole_bits += _log2(_ONE + (_ZERO if flat else v / _NOISE))
        return kept_bits, whole_bits

    @pasted
    def tile(x: Float32Array, d: Float32Array, rows: int, columns: int, scratch: Float32Array) -> Bits:
        mean_x, mean_d = scratch[:BLOCK], scratch[BLOCK : 2 * BLOCK]
        square_x, square_d = scratch[2 * BLOCK : 3 * BLOCK], scratch[3 * BLOCK : 4 * BLOCK]
        product = scratch[4 * BLOCK : 5 * BLOCK]
        kept_bits, whole_bits = 0.0, 0.0
        for top in range(0, rows, STEP):
            x_rows, d_rows = x[top * PITCH :], d[top * PITCH :]
            mean_rows(x_rows, mean_x, columns + reach)
            mean_rows(d_rows, mean_d, columns + reach)
            product_rows(x_rows, x_rows, square_x, columns + reach)
            product_rows(d_rows, d_rows, square_d, columns + reach)
            product_rows(x_rows, d_rows, product, columns + reach)
            for row in range(min(STEP, rows - top)):
                a = row * PITCH
                s, t = row_of(mean_x[a:], mean_d[a:], square_x[a:], square_d[a:], product[a:], columns)
                kept_bits += s
                whole_bits += t
        return kept_bits, whole_bits

    return tile


def _decimate_of(size: int) -> Decimate:
    """Blurs a tile with the window of that size and keeps every second pixel of every second row."""
    mean = WINDOWS[size].mean
    reach = size - 1

    @inlined
    def decimate(
        tile: Float32Array,
        base: Number,
        rows: int,
        columns: int,
        out: Float32Array,
        pitch: int,
        scratch: Float32Array,
    ) -> None:
        for row in range(rows):
            source, target = tile[2 * row * PITCH :], out[row * pitch :]
            for column in range(2 * columns + reach - 1):
                scratch[column] = mean(source, column, PITCH)
            for column in range(columns):
                target[column] = mean(scratch, 2 * column, 1) + base

    return decimate


@pasted
def _no_decimate(
    tile: Float32Array, base: Number, rows: int, columns: int, out: Float32Array, pitch: int, scratch: Float32Array
) -> None:
    """After the coarsest scale."""


def _scale_of(level: int) -> Scale:
    """What is done to a loaded tile at one scale: its sums, and the pixels of the next scale that begin in it."""
    sums_of = _tile_of(VIF_SIZES[level])
    decimate = _decimate_of(VIF_SIZES[level + 1]) if level + 1 < len(VIF_SIZES) else _no_decimate
    reach = VIF_SIZES[level] - 1

    @pasted
    def scale(
        x: Float32Array,
        d: Float32Array,
        base_x: Number,
        base_d: Number,
        top: int,
        left: int,
        levels: Int64Array,
        pyramid: Float32Array,
        scratch: Float32Array,
    ) -> Bits:
        height, width = levels[level, 0] - reach, levels[level, 1] - reach
        rows, columns = min(ROWS, height - top), min(COLUMNS, width - left)
        below = levels[(level + 1) % len(levels)]
        last_row = (top + ROWS) // 2 if top + ROWS < height else below[0]
        last_column = (left + COLUMNS) // 2 if left + COLUMNS < width else below[1]
        at = below[2] + top // 2 * below[1] + left // 2
        size = last_row - top // 2, last_column - left // 2
        decimate(x, base_x, size[0], size[1], pyramid[0, at:], below[1], scratch)
        decimate(d, base_d, size[0], size[1], pyramid[1, at:], below[1], scratch)
        return sums_of(x, d, rows, columns, scratch)

    return scale


def _plane_of(level: int) -> Plane:
    """The sums of a whole frame at one of the coarser scales, its pixels in `pyramid`."""
    scale = _scale_of(level)
    reach = VIF_SIZES[level] - 1

    @pasted
    def plane(pyramid: Float32Array, levels: Int64Array, scratch: Float32Array) -> Bits:
        x, d, rest = scratch[:TILE], scratch[TILE : 2 * TILE], scratch[2 * TILE :]
        height, width, offset = levels[level]
        kept_bits, whole_bits = 0.0, 0.0
        for top in range(0, height - reach, ROWS):
            for left in range(0, width - reach, COLUMNS):
                rows, columns = min(ROWS, height - reach - top) + reach, min(COLUMNS, width - reach - left) + reach
                corner = offset + top * width + left
                base_x = load_plane(pyramid[0, corner:], width, x, rows, columns)
                base_d = load_plane(pyramid[1, corner:], width, d, rows, columns)
                s, t = scale(x, d, base_x, base_d, top, left, levels, pyramid, rest)
                kept_bits += s
                whole_bits += t
        return kept_bits, whole_bits

    return plane


_scale_0, _plane_1, _plane_2, _plane_3 = _scale_of(0), _plane_of(1), _plane_of(2), _plane_of(3)


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
    """Sums of tiles start..stop of the frames' luma, in `sums`; the frames' next scale in `pyramid`."""
    height, width = x.shape[2] - _REACH, x.shape[3] - _REACH
    bands, strips = -(-height // ROWS), -(-width // COLUMNS)
    luma, difference, rest = scratch[:TILE], scratch[TILE : 2 * TILE], scratch[2 * TILE :]
    for task in range(start, stop):
        frame, band, strip = task // (bands * strips), task // strips % bands, task % strips
        top, left = band * ROWS, strip * COLUMNS
        bottom, right = min(top + ROWS, height) + _REACH, min(left + COLUMNS, width) + _REACH
        a, b = x[frame, :, top:bottom, left:right], y[frame, :, top:bottom, left:right]
        base_x, base_d = _load_luma(a, b, luma, difference)
        sums[task, 0], sums[task, 1] = _scale_0(
            luma, difference, base_x, base_d, top, left, levels, pyramid[frame], rest
        )


@compiled
def _coarser(
    pyramid: Float32Array, start: int, stop: int, levels: Int64Array, scratch: Float32Array, sums: Float64Array
) -> None:
    """Sums of the coarser scales of frames start..stop; each scale makes the next one on its way."""
    for frame in range(start, stop):
        sums[frame, 1, 0], sums[frame, 1, 1] = _plane_1(pyramid[frame], levels, scratch)
        sums[frame, 2, 0], sums[frame, 2, 1] = _plane_2(pyramid[frame], levels, scratch)
        sums[frame, 3, 0], sums[frame, 3, 1] = _plane_3(pyramid[frame], levels, scratch)


@pasted
def _load_luma(x: Pixels, y: Pixels, luma: Float32Array, difference: Float32Array) -> tuple[Number, Number]:
    """Luma of the reference, and what the distorted adds to it, less the values of the middle pixel: those it returns.

    The middle colour is taken off before the weights: what float32 rounds then is small in flat areas.
    """
    _, rows, columns = x.shape
    row, column = rows // 2, columns // 2
    red, green, blue = np.float32(x[0, row, column]), np.float32(x[1, row, column]), np.float32(x[2, row, column])
    more_red, more_green = np.float32(y[0, row, column]) - red, np.float32(y[1, row, column]) - green
    more_blue = np.float32(y[2, row, column]) - blue
    for row in range(rows):
        x_red, x_green, x_blue = x[0, row], x[1, row], x[2, row]
        y_red, y_green, y_blue = y[0, row], y[1, row], y[2, row]
        luma_row, difference_row = luma[row * PITCH :], difference[row * PITCH :]
        for column in range(columns):
            r, g, b = np.float32(x_red[column]), np.float32(x_green[column]), np.float32(x_blue[column])
            luma_row[column] = _RED * (r - red) + _GREEN * (g - green) + _BLUE * (b - blue)
            r = np.float32(y_red[column]) - r - more_red
            g = np.float32(y_green[column]) - g - more_green
            b = np.float32(y_blue[column]) - b - more_blue
            difference_row[column] = _RED * r + _GREEN * g + _BLUE * b
    base = _RED * red + _GREEN * green + _BLUE * blue
    return base, _RED * more_red + _GREEN * more_green + _BLUE * more_blue
