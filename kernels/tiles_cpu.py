"""Separable Gaussian windows over a tile of pixels that fits the first cache, written so that the compiler vectorises.

A tile is ROWS x COLUMNS results and, below and to the right of them, the margin that a window reaches into. It lies
flat in memory with PITCH floats from row to row. The loops run along a row; four rows of results share their loads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .arrays import Float32Array, Number
from .compiled import inlined
from .quality import SSIM_SIGMA, SSIM_SIZE, VIF_SIZES, gaussian

ROWS, COLUMNS, MARGIN = 32, 128, 16
PITCH = COLUMNS + MARGIN
TILE = (ROWS + MARGIN) * PITCH
"""Floats of a tile."""
STEP = 4
BLOCK = STEP * PITCH
"""Floats of four rows that were filtered down the columns and wait to be filtered along the rows."""


Mean = Callable[[Float32Array, int, int], Number]
Product = Callable[[Float32Array, Float32Array, int, int], Number]
MeanRows = Callable[[Float32Array, Float32Array, int], None]
ProductRows = Callable[[Float32Array, Float32Array, Float32Array, int], None]


class Window(NamedTuple):
    """Compiled parts for one Gaussian window. mean_rows and product_rows filter down the columns, mean along a row.

    mean(a, at, step):                  weighted mean of the pixels of `a` from `at` on, `step` floats apart.
    mean_rows(a, out, columns):         four rows of means down the columns of `a`, into `out`.
    product_rows(a, b, out, columns):   the same of a * b.
    """

    mean: Mean
    mean_rows: MeanRows
    product_rows: ProductRows


def _taps(size: int, sigma: float) -> tuple[np.float32, ...]:
    """The first half of the taps and the middle one; the rest mirror them."""
    return tuple(np.float32(tap) for tap in gaussian(size, sigma)[: size // 2 + 1])


# Spelled out, because the compiler vectorises along a row only what has no inner loop, and makes the taps literals.
_W11 = _taps(SSIM_SIZE, SSIM_SIGMA)
_W17, _W9, _W5, _W3 = (_taps(size, size / 5) for size in VIF_SIZES)


@inlined
def _mean_3(a: Float32Array, i: int, s: int) -> Number:
    return _W3[0] * (a[i] + a[i + 2 * s]) + _W3[1] * a[i + s]


@inlined
def _product_3(a: Float32Array, b: Float32Array, i: int, s: int) -> Number:
    return _W3[0] * (a[i] * b[i] + a[i + 2 * s] * b[i + 2 * s]) + _W3[1] * (a[i + s] * b[i + s])


@inlined
def _mean_5(a: Float32Array, i: int, s: int) -> Number:
    return _W5[0] * (a[i] + a[i + 4 * s]) + _W5[1] * (a[i + s] + a[i + 3 * s]) + _W5[2] * a[i + 2 * s]


@inlined
def _product_5(a: Float32Array, b: Float32Array, i: int, s: int) -> Number:
    return (
        _W5[0] * (a[i] * b[i] + a[i + 4 * s] * b[i + 4 * s])
        + _W5[1] * (a[i + s] * b[i + s] + a[i + 3 * s] * b[i + 3 * s])
        + _W5[2] * (a[i + 2 * s] * b[i + 2 * s])
    )


@inlined
def _mean_9(a: Float32Array, i: int, s: int) -> Number:
    return (
        _W9[0] * (a[i] + a[i + 8 * s])
        + _W9[1] * (a[i + s] + a[i + 7 * s])
        + _W9[2] * (a[i + 2 * s] + a[i + 6 * s])
        + _W9[3] * (a[i + 3 * s] + a[i + 5 * s])
        + _W9[4] * a[i + 4 * s]
    )


@inlined
def _product_9(a: Float32Array, b: Float32Array, i: int, s: int) -> Number:
    return (
        _W9[0] * (a[i] * b[i] + a[i + 8 * s] * b[i + 8 * s])
        + _W9[1] * (a[i + s] * b[i + s] + a[i + 7 * s] * b[i + 7 * s])
        + _W9[2] * (a[i + 2 * s] * b[i + 2 * s] + a[i + 6 * s] * b[i + 6 * s])
        + _W9[3] * (a[i + 3 * s] * b[i + 3 * s] + a[i + 5 * s] * b[i + 5 * s])
        + _W9[4] * (a[i + 4 * s] * b[i + 4 * s])
    )


@inlined
def _mean_11(a: Float32Array, i: int, s: int) -> Number:
    return (
        _W11[0] * (a[i] + a[i + 10 * s])
        + _W11[1] * (a[i + s] + a[i + 9 * s])
        + _W11[2] * (a[i + 2 * s] + a[i + 8 * s])
        + _W11[3] * (a[i + 3 * s] + a[i + 7 * s])
        + _W11[4] * (a[i + 4 * s] + a[i + 6 * s])
        + _W11[5] * a[i + 5 * s]
    )


@inlined
def _product_11(a: Float32Array, b: Float32Array, i: int, s: int) -> Number:
    return (
        _W11[0] * (a[i] * b[i] + a[i + 10 * s] * b[i + 10 * s])
        + _W11[1] * (a[i + s] * b[i + s] + a[i + 9 * s] * b[i + 9 * s])
        + _W11[2] * (a[i + 2 * s] * b[i + 2 * s] + a[i + 8 * s] * b[i + 8 * s])
        + _W11[3] * (a[i + 3 * s] * b[i + 3 * s] + a[i + 7 * s] * b[i + 7 * s])
        + _W11[4] * (a[i + 4 * s] * b[i + 4 * s] + a[i + 6 * s] * b[i + 6 * s])
        + _W11[5] * (a[i + 5 * s] * b[i + 5 * s])
    )


@inlined
def _mean_17(a: Float32Array, i: int, s: int) -> Number:
    return (
        _W17[0] * (a[i] + a[i + 16 * s])
        + _W17[1] * (a[i + s] + a[i + 15 * s])
        + _W17[2] * (a[i + 2 * s] + a[i + 14 * s])
        + _W17[3] * (a[i + 3 * s] + a[i + 13 * s])
        + _W17[4] * (a[i + 4 * s] + a[i + 12 * s])
        + _W17[5] * (a[i + 5 * s] + a[i + 11 * s])
        + _W17[6] * (a[i + 6 * s] + a[i + 10 * s])
        + _W17[7] * (a[i + 7 * s] + a[i + 9 * s])
        + _W17[8] * a[i + 8 * s]
    )


@inlined
def _product_17(a: Float32Array, b: Float32Array, i: int, s: int) -> Number:
    return (
        _W17[0] * (a[i] * b[i] + a[i + 16 * s] * b[i + 16 * s])
        + _W17[1] * (a[i + s] * b[i + s] + a[i + 15 * s] * b[i + 15 * s])
        + _W17[2] * (a[i + 2 * s] * b[i + 2 * s] + a[i + 14 * s] * b[i + 14 * s])
        + _W17[3] * (a[i + 3 * s] * b[i + 3 * s] + a[i + 13 * s] * b[i + 13 * s])
        + _W17[4] * (a[i + 4 * s] * b[i + 4 * s] + a[i + 12 * s] * b[i + 12 * s])
        + _W17[5] * (a[i + 5 * s] * b[i + 5 * s] + a[i + 11 * s] * b[i + 11 * s])
        + _W17[6] * (a[i + 6 * s] * b[i + 6 * s] + a[i + 10 * s] * b[i + 10 * s])
        + _W17[7] * (a[i + 7 * s] * b[i + 7 * s] + a[i + 9 * s] * b[i + 9 * s])
        + _W17[8] * (a[i + 8 * s] * b[i + 8 * s])
    )


def _mean_rows(mean: Mean) -> MeanRows:
    @inlined
    def mean_rows(a: Float32Array, out: Float32Array, columns: int) -> None:
        for column in range(columns):
            out[column] = mean(a, column, PITCH)
            out[column + PITCH] = mean(a, column + PITCH, PITCH)
            out[column + 2 * PITCH] = mean(a, column + 2 * PITCH, PITCH)
            out[column + 3 * PITCH] = mean(a, column + 3 * PITCH, PITCH)

    return mean_rows


def _product_rows(product: Product) -> ProductRows:
    @inlined
    def product_rows(a: Float32Array, b: Float32Array, out: Float32Array, columns: int) -> None:
        for column in range(columns):
            out[column] = product(a, b, column, PITCH)
            out[column + PITCH] = product(a, b, column + PITCH, PITCH)
            out[column + 2 * PITCH] = product(a, b, column + 2 * PITCH, PITCH)
            out[column + 3 * PITCH] = product(a, b, column + 3 * PITCH, PITCH)

    return product_rows


WINDOWS: dict[int, Window] = {
    size: Window(mean, _mean_rows(mean), _product_rows(product))
    for size, mean, product in (
        (3, _mean_3, _product_3),
        (5, _mean_5, _product_5),
        (9, _mean_9, _product_9),
        (11, _mean_11, _product_11),
        (17, _mean_17, _product_17),
    )
}
"""By side: SSIM's window is the one of 11, the others are VIF's."""


@inlined
def load_plane(plane: Float32Array, width: int, tile: Float32Array, rows: int, columns: int) -> Number:
    """A piece of a float32 plane that begins at plane[0], less the value of its middle pixel, which is returned."""
    base = plane[rows // 2 * width + columns // 2]
    for row in range(rows):
        source, target = plane[row * width :], tile[row * PITCH :]
        for column in range(columns):
            target[column] = source[column] - base
    return base


def tiles(results: int, side: int) -> int:
    """How many tiles of `side` cover that many results along one axis."""
    return -(-results // side)
