"""COCO average precision from tables: pure functions, no model and no device.

Definition: T.-Y. Lin et al., "Microsoft COCO", and cocodataset.org/#detection-eval: IoU thresholds 0.50 to 0.95 by
0.05, precision at 101 recalls, the best 100 boxes per class of an image, computed by faster-coco-eval. Small, medium
and large are by *box* area (up to 32^2, up to 96^2, above): labels hold no masks, whose area COCO's own tables use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import KEY

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

KEYS = [name for name, _ in KEY]
_CORNERS = ("x1", "y1", "x2", "y2")
_SIZES = ("mAP_small", "mAP_medium", "mAP_large")


def score(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> dict[str, float]:
    """mAP, AP50, AP75, mAP_small, mAP_medium, mAP_large, and `ap_<class>` (mean over the thresholds) of each class.

    predictions:  KEY and DETECTIONS columns at one operating point.
    labels:       `core.labels.BOXES`. Boxes to `ignore` count neither for nor against (COCO's iscrowd), in their class.
    frames:       KEY columns of the frames that count, each once or more. Labels and predictions elsewhere are dropped.

    Only classes with a label to find are scored, so that a MOT tree, which labels people, gives the person's AP alone.
    Values are in [0, 1]; NaN where no label is of that size. No label at all: no values, an empty dict.
    """
    images = {key: number for number, key in enumerate(dict.fromkeys(_keys(frames)), start=1)}
    labels = _within(labels, images)
    names = sorted(set(labels.filter(pc.invert(labels["ignore"]))["class_name"].to_pylist()))
    if not names:
        return {}
    classes = {name: number for number, name in enumerate(names, start=1)}
    truth = _annotations(labels, images, classes, "ignore", "iscrowd")
    found = _annotations(_within(predictions, images), images, classes, "score", "score")
    return _values(_precision(_dataset(truth, images, classes), _dataset(found, images, classes)), names)


def _keys(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in KEYS), strict=True))


def _within(table: pa.Table, images: Mapping[tuple[Any, ...], int]) -> pa.Table:
    return table.filter(pa.array([key in images for key in _keys(table)], pa.bool_()))


def _annotations(
    table: pa.Table, images: Mapping[tuple[Any, ...], int], classes: Mapping[str, int], column: str, field: str
) -> list[dict[str, Any]]:
    """COCO's annotations of the rows in `classes`, with `column` as `field`. Numbers start at 1: 0 means unmatched."""
    table = table.filter(pc.is_in(table["class_name"], pa.array(classes, pa.string())))
    corners = zip(*(table[name].to_pylist() for name in _CORNERS), strict=True)
    rows = zip(_keys(table), table["class_name"].to_pylist(), corners, table[column].to_pylist(), strict=True)
    return [
        {
            "id": number,
            "image_id": images[key],
            "category_id": classes[name],
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": (x2 - x1) * (y2 - y1),
            "iscrowd": 0,
            field: value,
        }
        for number, (key, name, (x1, y1, x2, y2), value) in enumerate(rows, start=1)
    ]


def _dataset(
    annotations: list[dict[str, Any]], images: Mapping[Any, int], classes: Mapping[str, int]
) -> dict[str, Any]:
    categories = [{"id": number, "name": name} for name, number in classes.items()]
    return {"images": [{"id": n} for n in images.values()], "categories": categories, "annotations": annotations}


def _precision(truth: dict[str, Any], found: dict[str, Any]) -> np.ndarray:
    """Precision by [IoU threshold, recall, class, area], NaN where there is no label to find."""
    try:
        from faster_coco_eval import COCO, COCOeval_faster
    except ModuleNotFoundError as error:
        raise MissingExtra.of("faster-coco-eval", "detection") from error
    evaluation = COCOeval_faster(COCO(truth), COCO(found), iouType="bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][..., -1]  # of 100 boxes per image and class
    return np.where(precision < 0, np.nan, precision)


def _values(precision: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    every = precision[..., 0]
    values = {
        "mAP": _mean(every),
        "AP50": _mean(every[0]),
        "AP75": _mean(every[5]),
        **{name: _mean(precision[..., area]) for area, name in enumerate(_SIZES, start=1)},
    }
    return values | {f"ap_{name}": _mean(every[:, :, number]) for number, name in enumerate(names)}


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
