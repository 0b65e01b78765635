"""The pass of a metric over several scales on the CPU.

Tiles of the finest scale come first, in parallel, and fill a pyramid; then the coarser scales of each plane.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arrays import Float32Array, Float64Array, Int64Array, Pixels
from .threads import spread, thread_memory
from .tiles_cpu import COLUMNS, ROWS, tiles

Finest = Callable[[Pixels, Pixels, int, int, Int64Array, Float32Array, Float32Array, Float64Array], None]
Coarser = Callable[[Float32Array, int, int, Int64Array, Float32Array, Float64Array], None]


@dataclass(frozen=True)
class PyramidPass:
    """The compiled loops of a metric.

    name:     of the memory that keeps the pyramids, one per metric.
    reach:    pixels that the finest scale's window covers beyond one.
    scratch:  floats that a tile needs.
    finest:   (x, y, tiles from, to, levels, scratch, pyramid, sums): writes sums of those tiles, and the pyramid.
    coarser:  (pyramid, planes from, to, levels, scratch, result): writes result of the other levels of those planes.
    """

    name: str
    reach: int
    scratch: int
    finest: Finest
    coarser: Coarser

    def run(self, x: Pixels, y: Pixels, planes: int, levels: Int64Array) -> Float64Array:
        """float64 [planes, levels, 2] of one group of frames: of the finest level the sums over its tiles.

        planes:  of both frames together, how many are filtered: one per frame, or one per channel.
        levels:  int64 [levels, 3], height, width and offset in a plane's pyramid.
        """
        coarse = int(levels[1:, 0] @ levels[1:, 1])
        pyramid = thread_memory(self.name, planes * 2 * coarse).reshape(planes, 2, coarse)
        across = tiles(levels[0, 0] - self.reach, ROWS) * tiles(levels[0, 1] - self.reach, COLUMNS)
        sums = np.empty((planes * across, 2))
        result = np.empty((planes, len(levels), 2))

        def finest(start: int, stop: int) -> None:
            self.finest(x, y, start, stop, levels, thread_memory("tile", self.scratch), pyramid, sums)

        def coarser(start: int, stop: int) -> None:
            self.coarser(pyramid, start, stop, levels, thread_memory("tile", self.scratch), result)

        spread(finest, len(sums), least=4)
        result[:, 0] = sums.reshape(planes, across, 2).sum(1)
        if coarse:
            spread(coarser, planes)
        return result
