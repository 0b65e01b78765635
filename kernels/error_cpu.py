"""Squared and absolute error, and the products of channel errors, of uint8 or float32 frames in any memory layout."""

from __future__ import annotations

import numpy as np

from .arrays import Float64Array, Number, Pixels
from .compiled import compiled, inlined
from .threads import spread

_SEGMENT = 256  # squared differences of bytes that float32 still adds without rounding: 256 * 255^2 < 2^24
_BAND = 64
_ZERO = np.float32(0)
_LEAST = 64  # bands: about a millisecond, below which waiting for a second thread to wake costs more than it saves


def error(x: Pixels, y: Pixels) -> Float64Array:
    """float64 [N, 2]: mean squared and mean absolute error of [N, 3, H, W]; exact sums where the frames are bytes."""
    pixels = x[0].size
    x, y = _long_rows(x, y)
    frames, channels, height, _ = x.shape
    bands = -(-height // _BAND)
    sums = np.empty((frames, channels * bands, 2))
    band_sums = sums.reshape(-1, 2)
    spread(lambda start, stop: _bands(x, y, start, stop, band_sums), len(band_sums), _LEAST)
    means: Float64Array = sums.sum(1) / pixels
    return means


def colour(x: Pixels, y: Pixels) -> Float64Array:
    """float64 [N, 6]: means over [N, 3, H, W] of the products of the channels' errors, in the order of PRODUCTS."""
    frames, _, height, width = x.shape
    bands = -(-height // _BAND)
    sums = np.empty((frames, bands, 6))
    band_sums = sums.reshape(-1, 6)
    spread(lambda start, stop: _colour_bands(x, y, start, stop, band_sums), len(band_sums), _LEAST)
    means: Float64Array = sums.sum(1) / (height * width)
    return means


def _long_rows(x: Pixels, y: Pixels) -> tuple[Pixels, Pixels]:
    """Frames whose channels lie last in memory, as decoders write them, as one plane of rows three times as long."""
    last_x, last_y = x.transpose(0, 2, 3, 1), y.transpose(0, 2, 3, 1)
    if not (last_x.flags.c_contiguous and last_y.flags.c_contiguous):
        return x, y
    shape = len(x), 1, x.shape[2], -1
    return last_x.reshape(shape), last_y.reshape(shape)


@compiled
def _bands(x: Pixels, y: Pixels, start: int, stop: int, sums: Float64Array) -> None:
    _, channels, height, _ = x.shape
    bands = -(-height // _BAND)
    for task in range(start, stop):
        plane, band = task // bands, task % bands
        squared, absolute = 0.0, 0.0
        for row in range(band * _BAND, min(height, (band + 1) * _BAND)):
            s, a = _row(x[plane // channels, plane % channels, row], y[plane // channels, plane % channels, row])
            squared += s
            absolute += a
        sums[task, 0], sums[task, 1] = squared, absolute


@inlined
def _row(x: Pixels, y: Pixels) -> tuple[Number, Number]:
    squared: Number = 0.0
    absolute: Number = 0.0
    for start in range(0, len(x), _SEGMENT):
        a, b = x[start : start + _SEGMENT], y[start : start + _SEGMENT]
        s, t = _ZERO, _ZERO
        for column in range(len(a)):
            difference = np.float32(a[column]) - np.float32(b[column])
            s += difference * difference
            t += abs(difference)
        squared += s
        absolute += t
    return squared, absolute


@compiled
def _colour_bands(x: Pixels, y: Pixels, start: int, stop: int, sums: Float64Array) -> None:
    height, width = x.shape[2:]
    bands = -(-height // _BAND)
    for task in range(start, stop):
        frame, band = task // bands, task % bands
        total = sums[task]
        total[:] = 0
        for row in range(band * _BAND, min(height, (band + 1) * _BAND)):
            for left in range(0, width, _SEGMENT):
                right = min(width, left + _SEGMENT)
                _colour_segment(x[frame, :, row, left:right], y[frame, :, row, left:right], total)


@inlined
def _colour_segment(x: Pixels, y: Pixels, total: Float64Array) -> None:
    x_red, x_green, x_blue, y_red, y_green, y_blue = x[0], x[1], x[2], y[0], y[1], y[2]
    rr, gg, bb, rg, rb, gb = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    for column in range(len(x_red)):
        red = np.float32(x_red[column]) - np.float32(y_red[column])
        green = np.float32(x_green[column]) - np.float32(y_green[column])
        blue = np.float32(x_blue[column]) - np.float32(y_blue[column])
        rr += red * red
        gg += green * green
        bb += blue * blue
        rg += red * green
        rb += red * blue
        gb += green * blue
    total[0] += rr
    total[1] += gg
    total[2] += bb
    total[3] += rg
    total[4] += rb
    total[5] += gb
