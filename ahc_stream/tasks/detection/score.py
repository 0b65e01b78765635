"""COCO average precision from tables: pure functions, no model and no device.

Definition: T.-Y. Lin et al., "Microsoft COCO", and cocodataset.org/#detection-eval. Boxes are matched by
`detection.match`, precision is read at 101 recalls. Sizes are by the area of labels: COCO's own tables give a mask's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.labels import BOXES
from ahc_stream.core.threads import budget
from ahc_stream.tasks import units
from ahc_stream.tasks.detection.match import AREAS, THRESHOLDS, tally
from ahc_stream.tasks.score_entry import Score, share

__all__ = ["DETECTIONS", "SCORES", "as_labels", "outcomes", "scores", "tally"]

DETECTIONS = pa.schema(
    [
        ("x1", pa.float64()),  # pixels of the original frame; x2 and y2 are exclusive
        ("y1", pa.float64()),
        ("x2", pa.float64()),
        ("y2", pa.float64()),
        ("score", pa.float64()),  # 0..1
        ("class_id", pa.int32()),  # the model's own number
        ("class_name", pa.string()),  # COCO's names, which labels use too
    ]
)
"""One detected box."""

SCORES: tuple[Score, ...] = (
    share("mAP", headline=True),
    share("AP50", headline=True),
    share("AP75"),
    share("mAP_small"),
    share("mAP_medium"),
    share("mAP_large"),
    share("ar100", "AR100"),
    share("ap_", "{} AP", one_per="class"),
)

LEAST_SCORE = 0.25
"""Of a box that counts as found, where boxes are not ranked: ultralytics' own for `predict`."""

Values = NDArray[np.float64]


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """mAP, AP50, AP75, mAP_small, mAP_medium, mAP_large, ar100, and `ap_<class>` (mean over thresholds) of each class.

    Only classes with a label to find are scored, so that a MOT tree, which labels people, gives the person's AP alone.
    Values are in [0, 1]; NaN where no label is of that size. ar100 is COCO's average recall with 100 boxes per class.
    An image of weight 2 counts as two such images. No rows: no values, an empty dict.
    """
    return DetectionScores(tally) if tally.num_rows else lambda weights: {}


class DetectionScores:
    """The scores of a tally that has rows, as functions of its images' weights."""

    def __init__(self, tally: pa.Table) -> None:
        from ahc_stream.kernels.average_precision import AveragePrecision, BoxesToFind, RankedBoxes  # the extension

        has_class = pc.is_valid(tally["class_name"])
        rows = tally.filter(has_class)
        image_of_row = units.numbers(tally)[has_class.to_numpy()]
        self._images = len(units.of(tally))
        self._names = sorted(pc.unique(rows["class_name"]).to_pylist())
        classes = pc.index_in(rows["class_name"], pa.array(self._names)).to_numpy().astype(np.int64)

        score, hits, ignored = (pc.list_flatten(rows[name]).to_numpy() for name in ("scores", "hits", "passed"))
        row_of_box = pc.list_parent_indices(rows["scores"]).to_numpy()
        order = np.lexsort((-score, classes[row_of_box]))
        row_of_box = row_of_box[order]
        starts = np.searchsorted(classes[row_of_box], np.arange(len(self._names) + 1))
        found = RankedBoxes(starts, image_of_row[row_of_box], hits[order], ignored[order])
        labels = pc.list_flatten(rows["labels"]).to_numpy().reshape(-1, len(AREAS))
        to_find = BoxesToFind(classes, image_of_row, labels)
        self._found, self._to_find = found, to_find
        self._average_precision = AveragePrecision(found, to_find, len(THRESHOLDS), self._images)

    def __call__(self, weights: Values | None) -> dict[str, float]:
        draw = np.ones(self._images) if weights is None else np.asarray(weights, np.float64)
        return {name: float(values[0]) for name, values in self.of_draws(draw[None]).items()}

    def of_draws(self, draws: Values) -> dict[str, Values]:
        """Score name -> float64 [draws]. draws: float64 [draws, images]."""
        precision, recall = self._average_precision(draws, budget())  # [draws, classes, areas, thresholds]
        values = {"mAP": mean_of_known(precision[:, :, 0]), "AP50": mean_of_known(precision[:, :, 0, 0])}
        values |= {"AP75": mean_of_known(precision[:, :, 0, 5])}
        values |= {f"mAP{size}": mean_of_known(precision[:, :, area]) for area, size in enumerate(AREAS) if size}
        values |= {"ar100": mean_of_known(recall[:, :, 0])}
        of_classes = precision[:, :, 0].mean(axis=2)
        return values | {f"ap_{name}": of_classes[:, number] for number, name in enumerate(self._names)}


def mean_of_known(values: Values) -> Values:
    """float64 [draws]: the mean of what each draw defines."""
    return np.array([_mean(of_draw) for of_draw in values], np.float64)


def _mean(values: Values) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def outcomes(tally: pa.Table) -> pa.Table:
    """Per image, of boxes with a score from LEAST_SCORE on at IoU 0.5: `found`, the number of label boxes that were
    found, and `f1`, 2 found / (boxes predicted + boxes to find), of all scored classes together; 1 where there is
    neither."""
    image_of_row, images = units.numbers(tally), units.of(tally)
    row_of_box = pc.list_parent_indices(tally["scores"]).to_numpy()
    score, hits, ignored = (pc.list_flatten(tally[name]).to_numpy() for name in ("scores", "hits", "passed"))
    first_bit = np.uint64(1)  # all sizes, IoU 0.5
    counts = score >= LEAST_SCORE
    is_hit, is_predicted = counts & (hits & first_bit > 0), counts & (ignored & first_bit == 0)

    def per_image(boxes: NDArray[np.bool_]) -> Values:
        return np.bincount(image_of_row[row_of_box[boxes]], minlength=len(images)).astype(np.float64)

    found = per_image(is_hit)
    labels = pc.list_flatten(tally["labels"]).to_numpy().reshape(-1, len(AREAS))[:, 0]
    all_boxes = per_image(is_predicted) + np.bincount(image_of_row, labels, len(images))
    f1 = np.divide(2 * found, all_boxes, out=np.ones(len(images)), where=all_boxes > 0)
    return images.append_column("f1", pa.array(f1)).append_column("found", pa.array(found))


def as_labels(predictions: pa.Table) -> pa.Table:
    """BOXES: those of `sure`, tracked by nobody, none to ignore, each with the area of its box."""
    kept = sure(predictions)
    return labels_of(kept, {"area": box_areas(kept)}, BOXES)


def labels_of(kept: pa.Table, further: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Predictions as labels of `schema`, which holds BOXES: tracked by nobody, none to ignore; `further` columns stand
    in place of what they have no column for."""
    columns = {name: kept[name] for name in kept.column_names if name in schema.names}
    columns |= {"track_id": np.full(len(kept), -1, np.int32), "ignore": np.zeros(len(kept), bool), **further}
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def box_areas(boxes: pa.Table) -> pa.ChunkedArray:
    """float64, in pixels^2."""
    width, height = pc.subtract(boxes["x2"], boxes["x1"]), pc.subtract(boxes["y2"], boxes["y1"])
    return pc.multiply(width, height)


def sure(predictions: pa.Table) -> pa.Table:
    """The boxes with a score from LEAST_SCORE on, of classes that share a box the best (of equal ones the first by
    name), in the order of the predictions."""
    candidates = predictions.filter(pc.greater_equal(predictions["score"], LEAST_SCORE))
    order = pc.sort_indices(candidates, [("score", "descending"), ("class_name", "ascending")])
    box = [*units.KEYS, "x1", "y1", "x2", "y2"]
    ranked = candidates.take(order).select(box).append_column("row", order).combine_chunks()
    best = ranked.group_by(box, use_threads=False).aggregate([("row", "first")])["row_first"]
    return candidates.take(np.sort(best.to_numpy()))
