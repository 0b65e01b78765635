"""How much quadrilaterals overlap, pair by pair (quads.hpp)."""

from __future__ import annotations

import numpy as np

from ._native import quad_overlaps
from .arrays import Float64Array, Int64Array
from .processors import processors


def overlaps(
    first: Float64Array, second: Float64Array, pairs: tuple[Int64Array, Int64Array], threads: int | None = None
) -> Float64Array:
    """float64 [pairs], 0..1: intersection over union; 0 of two without area.

    first, second:  float64 [M, 8]: x, y of four corners in their order, either way around. A quadrilateral need not be
                    convex; its sides do not cross.
    pairs:          rows of `first` and of `second`, int64 [pairs] each.
    threads:        at most so many; None: one per processor that this process may use. No number depends on it.

    Raises ValueError for shapes that do not fit, and for corners that are not finite.
    """
    values = np.empty(len(pairs[0]))
    of_first, of_second = map(np.ascontiguousarray, pairs)
    quad_overlaps(
        np.ascontiguousarray(first), np.ascontiguousarray(second), of_first, of_second, threads or processors(), values
    )
    return values
