"""COCO average precision from tables: pure functions, no model and no device.

Definition: T.-Y. Lin et al., "Microsoft COCO", and cocodataset.org/#detection-eval. Boxes are matched by
`detection_match`, precision is read at 101 recalls. Sizes are by the area of labels: COCO's own tables give a mask's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.labels import BOXES
from ahc_stream.tasks import units
from ahc_stream.tasks.detection.match import AREAS, THRESHOLDS, tally

__all__ = ["DETECTIONS", "as_labels", "outcomes", "scores", "tally"]

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

SURE = 0.25
"""Least score of a box that counts as said, where boxes are not ranked: ultralytics' own for `predict`."""


def scores(tally: pa.Table) -> Callable[[np.ndarray | None], dict[str, float]]:
    """mAP, AP50, AP75, mAP_small, mAP_medium, mAP_large, ar100, and `ap_<class>` (mean over thresholds) of each class.

    Only classes with a label to find are scored, so that a MOT tree, which labels people, gives the person's AP alone.
    Values are in [0, 1]; NaN where no label is of that size. ar100 is COCO's average recall with 100 boxes per class.
    An image of weight 2 counts as two such images. No rows: no values, an empty dict.
    """
    from ahc_stream.kernels.average_precision import average_precision, ranking  # compiles

    if not tally.num_rows:
        return lambda weights: {}
    rows = tally.filter(pc.is_valid(tally["class_name"]))
    unit, count = units.numbers(tally)[pc.is_valid(tally["class_name"]).to_numpy()], len(units.of(tally))
    names = sorted(pc.unique(rows["class_name"]).to_pylist())
    classes = pc.index_in(rows["class_name"], pa.array(names)).to_numpy()
    labels = pc.list_flatten(rows["labels"]).to_numpy().reshape(-1, len(AREAS))
    score, hits, passed = (pc.list_flatten(rows[name]).to_numpy() for name in ("scores", "hits", "passed"))
    row = pc.list_parent_indices(rows["scores"]).to_numpy()
    order = np.lexsort((-score, classes[row]))
    starts = np.searchsorted(classes[row][order], np.arange(len(names) + 1))
    row, ranked = row[order], ranking(starts, hits[order], passed[order], len(AREAS), len(THRESHOLDS))

    def values(weights: np.ndarray | None) -> dict[str, float]:
        of_row = (np.ones(count) if weights is None else np.asarray(weights, np.float64))[unit]
        to_find = [np.bincount(classes, of_row * of_area, len(names)) for of_area in labels.T]
        precision, recall = average_precision(ranked, of_row[row], np.stack(to_find, axis=1))
        return _named(precision, recall, names)

    return values


def _named(precision: np.ndarray, recall: np.ndarray, names: list[str]) -> dict[str, float]:
    """Arrays [classes, areas, thresholds], NaN where there is nothing to find."""
    values = {"mAP": _mean(precision[:, 0]), "AP50": _mean(precision[:, 0, 0]), "AP75": _mean(precision[:, 0, 5])}
    values |= {f"mAP{size}": _mean(precision[:, area]) for area, size in enumerate(AREAS) if size}
    values |= {"ar100": _mean(recall[:, 0])}
    return values | {f"ap_{name}": _mean(precision[number, 0]) for number, name in enumerate(names)}


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def outcomes(tally: pa.Table) -> pa.Table:
    """Per image, of boxes with a score from SURE on at IoU 0.5: `found`, the number of label boxes that were found, and
    `f1`, 2 found / (boxes said + boxes to find), of all scored classes together; 1 where there is neither."""
    unit, images = units.numbers(tally), units.of(tally)
    row = pc.list_parent_indices(tally["scores"]).to_numpy()
    score, hits, passed = (pc.list_flatten(tally[name]).to_numpy() for name in ("scores", "hits", "passed"))
    sure = score >= SURE
    hit, said = sure & (hits & np.uint64(1) > 0), sure & (passed & np.uint64(1) == 0)  # bit 0: all sizes, IoU 0.5
    found, boxes = (np.bincount(unit[row[which]], minlength=len(images)).astype(np.float64) for which in (hit, said))
    labels = pc.list_flatten(tally["labels"]).to_numpy().reshape(-1, len(AREAS))[:, 0]
    all_boxes = boxes + np.bincount(unit, labels, len(images))
    f1 = np.divide(2 * found, all_boxes, out=np.ones(len(images)), where=all_boxes > 0)
    return images.append_column("f1", pa.array(f1)).append_column("found", pa.array(found))


def as_labels(predictions: pa.Table) -> pa.Table:
    """BOXES: the boxes with a score from SURE on, of classes that share a box the best (of equal ones the first by
    name), tracked by nobody, none to ignore, each with the area of its box; in the order of the predictions."""
    sure = predictions.filter(pc.greater_equal(predictions["score"], SURE))
    order = pc.sort_indices(sure, [("score", "descending"), ("class_name", "ascending")])
    place = [*units.KEYS, "x1", "y1", "x2", "y2"]
    ranked = sure.take(order).select(place).append_column("row", order).combine_chunks()
    best = ranked.group_by(place, use_threads=False).aggregate([("row", "first")])["row_first"]
    kept = sure.take(np.sort(best.to_numpy()))
    columns = {name: kept[name] for name in kept.column_names if name in BOXES.names} | {
        "track_id": np.full(len(kept), -1, np.int32),
        "ignore": np.zeros(len(kept), bool),
        "area": pc.multiply(pc.subtract(kept["x2"], kept["x1"]), pc.subtract(kept["y2"], kept["y1"])),
    }
    return pa.table({name: columns[name] for name in BOXES.names}, schema=BOXES)
