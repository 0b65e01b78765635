"""Which found box is which true box, at several overlaps and areas at once: COCO's greedy matching as one loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compiled import compiled


class Groups(NamedTuple):
    """Boxes of one class in one image, group after group; within a group the found ones by falling score.

    found, truth:      int64 [groups + 1], where each group's rows start and end.
    overlaps:          float64, for each group its found x its true boxes, row by row.
    crowd:             bool [true boxes]: a region that any number of boxes may match.
    truth_outside:     bool [areas, true boxes]: not to be found at that area, because of its size or as a crowd.
    found_outside:     bool [areas, found boxes]: of another size than the area's.
    """

    found: np.ndarray
    truth: np.ndarray
    overlaps: np.ndarray
    crowd: np.ndarray
    truth_outside: np.ndarray
    found_outside: np.ndarray


def match(groups: Groups, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint64 [found boxes] twice: bit `area * len(thresholds) + threshold` says that the box is a hit, and that it counts
    neither for nor against.

    A found box takes, in the order of scores, the true box of its group that it overlaps most among those that are free
    and overlap by the threshold, one that is to be found before one that is not. Of equal overlaps it takes the later.
    """
    hits = np.zeros(groups.found[-1], np.uint64)
    passed = np.zeros(groups.found[-1], np.uint64)
    _match(*groups, np.minimum(thresholds, 1 - 1e-10), hits, passed)
    return hits, passed


@compiled
def _match(found, truth, overlaps, crowd, truth_outside, found_outside, thresholds, hits, passed):
    first = 0
    for group in range(len(found) - 1):
        a, b = found[group], found[group + 1]
        c, d = truth[group], truth[group + 1]
        near = overlaps[first : first + (b - a) * (d - c)].reshape((b - a, d - c))
        first += near.size
        for area in range(len(truth_outside)):
            order = np.argsort(truth_outside[area, c:d], kind="mergesort")
            for step in range(len(thresholds)):
                bit = np.uint64(1) << np.uint64(area * len(thresholds) + step)
                taken = np.zeros(d - c, np.bool_)
                for i in range(b - a):
                    best = _best(near[i], order, taken, crowd[c:d], truth_outside[area, c:d], thresholds[step])
                    if best >= 0:
                        taken[best] = True
                    if (best >= 0 and truth_outside[area, c + best]) or (best < 0 and found_outside[area, a + i]):
                        passed[a + i] |= bit
                    elif best >= 0:
                        hits[a + i] |= bit


@compiled
def _best(near, order, taken, crowd, outside, threshold):
    """The true box that a found one takes, or -1; `order` has those that are to be found before the others."""
    best, most = -1, threshold
    for j in order:
        if taken[j] and not crowd[j]:
            continue
        if best >= 0 and not outside[best] and outside[j]:
            break
        if near[j] >= most:
            best, most = j, near[j]
    return best
