"""Found objects against true ones as PASCAL VOC and DOTA match them.

Each found object, best score first, goes to the true one of its image and class that it overlaps most, of equal ones
the first, whether that is taken or not. It is a hit where they overlap by more than the threshold and nobody came
before; false where somebody did, or where the overlap is too small; and counts neither way where that true object is
not to be found (DOTA: difficult). So says `dota_evaluation_task1` of DOTA's development kit. COCO's rule differs: there
an object that is taken is passed over for the next best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ahc_stream.tasks.detection.match import Starts, pairs

if TYPE_CHECKING:
    from ahc_stream.kernels.box_match import Groups

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Bits = NDArray[np.uint64]


def match(groups: Groups, thresholds: Values) -> tuple[Bits, Bits]:
    """Hits and ignored objects, uint64 [detections] each: bit `area * len(thresholds) + threshold`, as
    `kernels.box_match.match` has them. Of sizes it asks nothing of its own: a true object of another size is not to be
    found, and a found one of another size that is no hit is ignored."""
    nearest, overlap = _nearest(groups)
    hits = np.zeros(len(nearest), np.uint64)
    ignored = np.zeros_like(hits)
    for step, threshold in enumerate(thresholds):
        near = np.flatnonzero(overlap > threshold)
        taken = nearest[near]
        is_first = np.zeros(len(near), bool)
        is_first[np.unique(taken, return_index=True)[1]] = True  # objects of one true one follow by falling score
        for area, outside in enumerate(groups.truths_outside):
            bit = np.uint64(1) << np.uint64(area * len(thresholds) + step)
            passed = groups.detections_outside[area] & (overlap <= threshold)
            passed[near] = outside[taken]
            ignored[passed] |= bit
            hits[near[is_first & ~outside[taken]]] |= bit
    return hits, ignored


def _nearest(groups: Groups) -> tuple[Numbers, Values]:
    """Of each found object the true one that it overlaps most, and by how much; -1 and 0 where its group has none."""
    found, true = pairs(Starts(groups.truths, groups.detections))
    nearest = np.full(groups.detections_outside.shape[1], -1, np.int64)
    overlap = np.zeros(len(nearest))
    if len(found):
        have_some, first_pair = np.unique(found, return_index=True)
        overlap[have_some] = np.maximum.reduceat(groups.overlaps, first_pair)
        others = np.where(groups.overlaps == overlap[found], true, np.iinfo(np.int64).max)
        nearest[have_some] = np.minimum.reduceat(others, first_pair)
    return nearest, overlap
