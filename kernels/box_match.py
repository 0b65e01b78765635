"""Which found box is which true box, at several overlaps and areas at once: COCO's greedy matching as one loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import BoolArray, Float64Array, Int64Array, Number, Uint64Array
from .compiled import compiled


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


def match(groups: Groups, thresholds: Float64Array) -> tuple[Uint64Array, Uint64Array]:
    """Hits and ignored detections, uint64 [detections] each: bit `area * len(thresholds) + threshold` says that it is a
    hit, or that it counts neither for nor against.

    A detection takes, in the order of scores, the true box of its group that it overlaps most among those that are free
    and overlap by the threshold, one that is to be found before one that is not. Of equal overlaps it takes the later.
    """
    hits = np.zeros(groups.detections[-1], np.uint64)
    ignored = np.zeros(groups.detections[-1], np.uint64)
    _match(*groups, np.minimum(thresholds, 1 - 1e-10), hits, ignored)
    return hits, ignored


@compiled
def _match(
    detections: Int64Array,
    truths: Int64Array,
    overlaps: Float64Array,
    crowd: BoolArray,
    truths_outside: BoolArray,
    detections_outside: BoolArray,
    thresholds: Float64Array,
    hits: Uint64Array,
    ignored: Uint64Array,
) -> None:
    first = 0
    for group in range(len(detections) - 1):
        a, b = detections[group], detections[group + 1]
        c, d = truths[group], truths[group + 1]
        group_overlaps = overlaps[first : first + (b - a) * (d - c)].reshape((b - a, d - c))
        first += group_overlaps.size
        for area in range(len(truths_outside)):
            order = np.argsort(truths_outside[area, c:d], kind="mergesort")
            for step in range(len(thresholds)):
                bit = np.uint64(1) << np.uint64(area * len(thresholds) + step)
                taken = np.zeros(d - c, np.bool_)
                for i in range(b - a):
                    best = _best(
                        group_overlaps[i], order, taken, crowd[c:d], truths_outside[area, c:d], thresholds[step]
                    )
                    if best >= 0:
                        taken[best] = True
                    if (best >= 0 and truths_outside[area, c + best]) or (best < 0 and detections_outside[area, a + i]):
                        ignored[a + i] |= bit
                    elif best >= 0:
                        hits[a + i] |= bit


@compiled
def _best(
    overlaps: Float64Array, order: Int64Array, taken: BoolArray, crowd: BoolArray, outside: BoolArray, threshold: Number
) -> int:
    """The true box that a detection takes, or -1; `order` has those that are to be found before the others."""
    best, most = -1, threshold
    for j in order:
        if taken[j] and not crowd[j]:
            continue
        if best >= 0 and not outside[best] and outside[j]:
            break
        if overlaps[j] >= most:
            best, most = j, overlaps[j]
    return best
