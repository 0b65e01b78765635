"""COCO average precision of masks from tables: pure functions, no model and no device.

Definition: cocodataset.org/#detection-eval for masks, pycocotools' `COCOeval` of `segm`. It is detection's, with the
IoU of masks in place of boxes' and the areas of masks; pycocotools draws polygons and compares masks.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.labels import MASKS
from ahc_stream.tasks import units
from ahc_stream.tasks.detection.match import MOST_BOXES, Boxes, Likeness, Starts, tally_of
from ahc_stream.tasks.detection.score import DETECTIONS, SCORES, labels_of, outcomes, scores, sure
from ahc_stream.tasks.segmentation import coco_masks

__all__ = ["SCORES", "SEGMENTS", "as_labels", "outcomes", "scores", "tally"]

SEGMENTS = pa.schema(
    [
        *DETECTIONS,
        ("height", pa.int32()),  # of the frame, in pixels
        ("width", pa.int32()),
        ("mask", pa.binary()),  # run lengths, see core.run_lengths; of at least one pixel
    ]
)
"""One detected object with its mask."""

Values = NDArray[np.float64]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """`detection.match.TALLY`, of the classes with a label to find in `frames`; without any, no rows. Arguments as
    `scoring.Scorer` has them; labels: `core.labels.MASKS`, whose polygons are drawn in the frame's size."""
    shown = labels.filter(pa.array(units.places(labels, units.of(frames)) >= 0))
    return tally_of(BY_MASKS, predictions, coco_masks.drawn(shown, frames), frames)


def as_labels(predictions: pa.Table) -> pa.Table:
    """MASKS: the objects of `detection.score.sure`, none to ignore, each with the area of its mask."""
    kept = sure(predictions)
    no_polygons = pa.nulls(len(kept), MASKS.field("polygons").type)
    return labels_of(kept, {"area": coco_masks.areas(kept), "polygons": no_polygons}, MASKS)


def _overlaps(found: Boxes, truth: Boxes, starts: Starts) -> Values:
    """IoU of masks; of a region to ignore the share of the found mask inside. 0 of masks of different sizes."""
    found_masks, true_masks = coco_masks.records(found), coco_masks.records(truth)
    is_crowd = truth["ignore"].astype(np.uint8)
    per_group = [np.zeros(0)]
    for (first, end), (true_first, true_end) in zip(
        pairwise(starts.found.tolist()), pairwise(starts.truth.tolist()), strict=True
    ):
        of_truth = slice(true_first, true_end)
        per_group.append(coco_masks.overlaps(found_masks[first:end], true_masks[of_truth], is_crowd[of_truth]))
    return np.concatenate(per_group)


_MASK = ("height", "width", "mask")
BY_MASKS = Likeness(_MASK, _MASK, MOST_BOXES, _overlaps, coco_masks.areas)
"""Of segmentation."""
