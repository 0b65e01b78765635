"""Which found box is which true box, at several overlaps and areas at once: COCO's greedy matching (box_match.hpp)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._native import match_boxes
from .arrays import BoolArray, Float64Array, Int64Array, Uint8Array, Uint64Array
from .processors import processors


class Groups(NamedTuple):
    """Boxes of one class in one image, group after group; within a group the detections by falling score.

    detections, truths:  int64 [groups + 1], where each group's rows start and end.
    overlaps:            float64, for each group its detections x its true boxes, row by row.
    crowd:               bool [true boxes]: a region that any number of detections may match.
    truths_outside:      bool [areas, true boxes]: not to be found at that area, because of its size or as a crowd.
    detections_outside:  bool [areas, detections]: of another size than the area's.
    """

    detections: Int64Array
    truths: Int64Array
    overlaps: Float64Array
    crowd: BoolArray
    truths_outside: BoolArray
    detections_outside: BoolArray


def match(groups: Groups, thresholds: Float64Array, threads: int | None = None) -> tuple[Uint64Array, Uint64Array]:
    """Hits and ignored detections, uint64 [detections] each: bit `area * len(thresholds) + threshold` says that it is a
    hit, or that it counts neither for nor against.

    A detection takes, in the order of scores, the true box of its group that it overlaps most among those that are free
    and overlap by the threshold, one that is to be found before one that is not. Of equal overlaps it takes the later.
    threads: at most so many; None: one per processor that this process may use. Raises ValueError for shapes that do
    not fit, and for more than 63 thresholds over all areas.
    """
    hits = np.zeros(len(groups.detections_outside.T), np.uint64)
    ignored = np.zeros_like(hits)
    match_boxes(
        groups.detections,
        groups.truths,
        groups.overlaps,
        _bytes(groups.crowd),
        _bytes(groups.truths_outside),
        _bytes(groups.detections_outside),
        np.minimum(thresholds, 1 - 1e-10),
        threads or processors(),
        hits,
        ignored,
    )
    return hits, ignored


def _bytes(flags: BoolArray) -> Uint8Array:
    return np.ascontiguousarray(flags, np.bool_).view(np.uint8)
