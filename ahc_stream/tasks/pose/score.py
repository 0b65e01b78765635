"""COCO average precision of keypoints from tables: pure functions, no model and no device.

Definition: cocodataset.org/#keypoints-eval, pycocotools' `COCOeval` of `keypoints`. It is detection's, with object
keypoint similarity (OKS) in place of IoU and at most 20 objects per class of an image:

    OKS = mean over labelled keypoints of exp(-d^2 / (2 area (2 sigma)^2))

with d the distance in pixels, the label's area, and a sigma for each keypoint. A label without a labelled keypoint is
not to be found; there d is how far a keypoint lies outside of the label's box, made three times as large. The area of a
found object is that of the box around its keypoints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import KEYPOINTS
from ahc_stream.tasks import units
from ahc_stream.tasks.detection import score as detection
from ahc_stream.tasks.detection.match import CORNERS, Boxes, Likeness, Starts, pairs, tally_of
from ahc_stream.tasks.detection.score import DETECTIONS, box_areas, labels_of, outcomes, sure
from ahc_stream.tasks.score_entry import Score

__all__ = ["POSES", "SCORES", "as_labels", "outcomes", "scores", "tally"]

POSES = pa.schema(
    [
        *DETECTIONS,
        ("keypoints", pa.list_(pa.float64())),  # x, y in pixels of the original frame and confidence 0..1 of each
    ]
)
"""One detected object with its keypoints."""

COCO_SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
"""Of COCO's seventeen keypoints of a person: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles."""
MOST_OBJECTS = 20
LEAST_CONFIDENCE = 0.5
"""Of a keypoint that counts as seen, where predictions are labels."""
AREA_OF_BOX = 0.53
"""What a mask has of its box, where predictions are labels: ultralytics' own estimate in its validator of poses."""

_LEFT_OUT, _RECALL = "mAP_small", "ar20"
SCORES: tuple[Score, ...] = tuple(
    replace(score, name=_RECALL, label="AR20") if score.name == "ar100" else score
    for score in detection.SCORES
    if score.name != _LEFT_OUT
)

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """`detection.match.TALLY`, of the classes with a label to find in `frames`; without any, no rows. Arguments as
    `scoring.Scorer` has them; labels: `core.labels.KEYPOINTS`. Raises InvalidValue where predictions have another
    number of keypoints than labels."""
    shown = labels.filter(pa.array(units.places(labels, units.of(frames)) >= 0))
    counts = {count for table in (shown, predictions) for count in _counts(table)}
    if len(counts) > 1:
        got = " and ".join(f"{count // 3}" for count in sorted(counts))
        todo = "choose a model that was trained on keypoints like these labels'"
        raise InvalidValue("one number of keypoints in labels and predictions of pose", got, todo)
    return tally_of(BY_KEYPOINTS, predictions, shown, frames)


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """Those of `detection.score.scores`, without mAP_small, which COCO does not label, and with ar20, the average
    recall with 20 objects per class of an image."""
    return PoseScores(tally) if tally.num_rows else lambda weights: {}


class PoseScores(detection.DetectionScores):
    """Detection's under the names of pose."""

    def of_draws(self, draws: Values) -> dict[str, Values]:
        """Score name -> float64 [draws]. draws: float64 [draws, images]."""
        values = super().of_draws(draws)
        return {(_RECALL if name == "ar100" else name): value for name, value in values.items() if name != _LEFT_OUT}


def as_labels(predictions: pa.Table) -> pa.Table:
    """KEYPOINTS: the objects of `detection.score.sure`, none to ignore; keypoints with a confidence from
    LEAST_CONFIDENCE on are visible, the others unlabelled; the area is AREA_OF_BOX of the box."""
    kept = sure(predictions)
    columns = {"area": pc.multiply(box_areas(kept), AREA_OF_BOX), "keypoints": _labelled(kept["keypoints"])}
    return labels_of(kept, columns, KEYPOINTS)


def _labelled(found: pa.ChunkedArray) -> pa.Array:
    """x, y, v of x, y, confidence."""
    keypoints = found.combine_chunks()
    values = keypoints.flatten().to_numpy(zero_copy_only=False).copy()
    values[2::3] = np.where(values[2::3] >= LEAST_CONFIDENCE, 2, 0)
    lengths = pc.list_value_length(keypoints).to_numpy(zero_copy_only=False)
    return pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(lengths)), pa.int32()), pa.array(values))


def _counts(table: pa.Table) -> list[int]:
    counts: list[int] = pc.unique(pc.list_value_length(table["keypoints"])).to_pylist()
    return counts


def _array(rows: NDArray[np.object_]) -> Values:
    """float64 [objects, keypoints, 3] of a column of lists."""
    return np.stack(list(rows)).reshape(len(rows), -1, 3) if len(rows) else np.zeros((0, 0, 3))


def _unlabelled(labels: pa.Table) -> NDArray[np.bool_]:
    """Labels that have no labelled keypoint."""
    seen = _array(labels["keypoints"].to_numpy())[:, :, 2] > 0
    nothing: NDArray[np.bool_] = ~seen.any(axis=1)
    return nothing


def _overlaps(found: Boxes, truth: Boxes, starts: Starts) -> Values:
    """OKS of each found object with the true ones of its group."""
    i, j = pairs(starts)
    if not len(i):
        return np.zeros(0)
    points, true_points = _array(found["keypoints"])[:, :, :2], _array(truth["keypoints"])
    is_labelled = true_points[:, :, 2] > 0
    has_none = ~is_labelled.any(axis=1)
    apart = np.where(has_none[j, None, None], _outside(points[i], truth, j), points[i] - true_points[j, :, :2])
    squared = apart[:, :, 0] ** 2 + apart[:, :, 1] ** 2
    area = truth["area"][j] + np.spacing(1)
    exponent = squared / (2 * _sigmas(points.shape[1])) ** 2 / area[:, None] / 2
    counts = is_labelled[j] | has_none[j, None]
    likeness: Values = (np.exp(-exponent) * counts).sum(axis=1) / counts.sum(axis=1)
    return likeness


def _outside(points: Values, truth: Boxes, j: Numbers) -> Values:
    """How far x and y lie outside of the true box, made three times as large about its middle; float64 like points."""
    left, top, right, bottom = (truth[name][j] for name in CORNERS)
    width, height = right - left, bottom - top
    low = np.stack([left - width, top - height], axis=1)[:, None]
    high = np.stack([left + 2 * width, top + 2 * height], axis=1)[:, None]
    distance: Values = np.maximum(low - points, 0) + np.maximum(points - high, 0)
    return distance


def _sigmas(count: int) -> Values:
    """Of each keypoint. Of others than COCO's seventeen all are the same, as ultralytics has it."""
    return COCO_SIGMAS if count == len(COCO_SIGMAS) else np.full(count, 1 / count)


def _area(found: Boxes) -> Values:
    points = _array(found["keypoints"])[:, :, :2]
    if not len(points):
        return np.zeros(0)
    area: Values = np.prod(points.max(axis=1) - points.min(axis=1), axis=1)
    return area


BY_KEYPOINTS = Likeness(("keypoints",), (*CORNERS, "keypoints"), MOST_OBJECTS, _overlaps, _area, _unlabelled)
"""Of pose."""
