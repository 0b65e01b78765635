"""Average precision of oriented boxes from tables, as DOTA scores them: pure functions, no model and no device.

Definition: Xia et al., "DOTA" (2018), task 1, and `dota_evaluation_task1` of its development kit. Objects are matched
as PASCAL VOC matches boxes (`obb.match`), with the IoU of their outlines; difficult ones count neither for nor against;
the score is the mean over classes of the average precision at an IoU of more than 0.5.

Average precision is the area below the curve of the best precision at a recall or a higher one: the kit's `voc_ap` as
it is by default, and PASCAL VOC's since 2010. The kit's own script asks for VOC 2007's in its place, the mean at the
recalls 0, 0.1 ... 1: `AP50_voc07`. Eleven steps hide the small changes that a codec makes, so it stands second here.
Sizes and further thresholds are COCO's, and DOTA does not ask for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.labels import ORIENTED_BOXES
from ahc_stream.core.threads import budget
from ahc_stream.tasks.detection import score as detection
from ahc_stream.tasks.detection.match import AREAS, Boxes, Likeness, Starts, pairs, tally_of
from ahc_stream.tasks.detection.score import DETECTIONS, labels_of, mean_of_known, outcomes, sure
from ahc_stream.tasks.obb.match import match
from ahc_stream.tasks.score_entry import Score, share

__all__ = ["ORIENTED_DETECTIONS", "SCORES", "as_labels", "outcomes", "scores", "tally"]

ORIENTED_DETECTIONS = pa.schema(
    [
        *DETECTIONS,
        ("corners", pa.list_(pa.float64(), 8)),  # x, y of four corners in their order, in pixels of the original frame
    ]
)
"""One detected object: its four corners, and the upright box around them, which may reach beyond the frame."""

SCORES: tuple[Score, ...] = (
    share("AP50", headline=True),
    share("AP50_voc07", "AP50 (VOC 2007)"),
    share("AP75"),
    share("mAP", headline=True),
    share("mAP_small"),
    share("mAP_medium"),
    share("mAP_large"),
    share("ap_", "{} AP50", one_per="class"),
)
VOC07_RECALLS = np.linspace(0.0, 1.0, 11)

_ALL = np.iinfo(np.int64).max
"""Objects per class of an image that count: DOTA sets no bound."""

Values = NDArray[np.float64]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """`detection.match.TALLY`, of the classes with a label to find in `frames`; without any, no rows. Arguments as
    `scoring.Scorer` has them; labels: `core.labels.ORIENTED_BOXES`."""
    return tally_of(BY_CORNERS, predictions, labels, frames)


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """AP50, AP50_voc07, AP75, mAP (the mean over IoU 0.50 to 0.95 by 0.05), mAP_small, mAP_medium, mAP_large, and
    `ap_<class>` (AP50) of each class with a label to find.

    Values are in [0, 1]; NaN where no label is of that size. An image of weight 2 counts as two such images. No rows:
    no values, an empty dict.
    """
    return OrientedScores(tally) if tally.num_rows else lambda weights: {}


class OrientedScores(detection.DetectionScores):
    """The scores of a tally that has rows, as functions of its images' weights."""

    def __init__(self, tally: pa.Table) -> None:
        from ahc_stream.kernels.average_precision import AveragePrecision  # the extension

        super().__init__(tally)
        first_bit = np.uint64(1)  # all sizes, IoU 0.5
        found = self._found._replace(hits=self._found.hits & first_bit, ignored=self._found.ignored & first_bit)
        to_find = self._to_find._replace(boxes=np.ascontiguousarray(self._to_find.boxes[:, :1]))
        self._at_half = AveragePrecision(found, to_find, 1, self._images)

    def of_draws(self, draws: Values) -> dict[str, Values]:
        """Score name -> float64 [draws]. draws: float64 [draws, images]."""
        from ahc_stream.kernels.average_precision import EVERYWHERE  # the extension

        area, _ = self._average_precision(draws, budget(), EVERYWHERE)  # [draws, classes, areas, thresholds]
        eleven, _ = self._at_half(draws, budget(), VOC07_RECALLS)
        values = {"AP50": area[:, :, 0, 0], "AP50_voc07": eleven[:, :, 0, 0], "AP75": area[:, :, 0, 5]}
        values |= {f"mAP{size}": area[:, :, number] for number, size in enumerate(AREAS)}
        means = {name: mean_of_known(of_classes) for name, of_classes in values.items()}
        return means | {f"ap_{name}": area[:, number, 0, 0] for number, name in enumerate(self._names)}


def as_labels(predictions: pa.Table) -> pa.Table:
    """ORIENTED_BOXES: the objects of `detection.score.sure`, none to ignore."""
    kept = sure(predictions)
    return labels_of(kept, {"area": areas(_corners(kept["corners"].to_numpy()))}, ORIENTED_BOXES)


def areas(corners: Values) -> Values:
    """float64 [M], in pixels^2, of outlines [M, 8]."""
    x, y = corners[:, ::2], corners[:, 1::2]
    twice: Values = (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)
    return np.abs(twice) / 2


def _corners(column: NDArray[np.object_]) -> Values:
    """float64 [objects, 8] of a column of lists."""
    return np.stack(list(column)) if len(column) else np.zeros((0, 8))


def _overlaps(found: Boxes, truth: Boxes, starts: Starts) -> Values:
    """IoU of each found outline with the true ones of its group."""
    from ahc_stream.kernels import quads  # the extension

    return quads.overlaps(_corners(found["corners"]), _corners(truth["corners"]), pairs(starts), budget())


def _area(found: Boxes) -> Values:
    return areas(_corners(found["corners"]))


BY_CORNERS = Likeness(("corners",), ("corners",), _ALL, _overlaps, _area, matching=match)
"""Of oriented boxes."""
