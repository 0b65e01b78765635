"""Keypoints that another program found: COCO's results against COCO's people.

    [{"image_id": 42, "category_id": 1, "keypoints": [x, y, v, x, y, v ...], "score": 0.236}, ...]

Of what was found v is not looked at: any number may stand there, as in pycocotools.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.wording import counted
from ahc_stream.datasets.coco import table_of_keypoints
from ahc_stream.datasets.coco_truth import CocoTruth
from ahc_stream.datasets.fields import COORDINATE, JsonRecord
from ahc_stream.submissions.coco_results import ResultKind, score_results
from ahc_stream.submissions.scored_files import ScoredFiles, with_labels


def score_pose(predictions: Path, truth: Path) -> ScoredFiles:
    """The scores of found keypoints, as pycocotools has them.

    predictions:  a JSON of COCO's results.
    truth:        a JSON of COCO's person_keypoints.
    Raises MissingData, InvalidValue, and MediaError that names the record.
    """
    return with_labels(score_results(_KEYPOINTS, predictions, truth), truth)


def _keypoints(record: JsonRecord) -> tuple[float, ...]:
    """x, y, v of each. Raises MediaError for what is no such list."""
    values = record.values.get("keypoints")
    count = len(values) if isinstance(values, list) else 0
    if count == 0 or count % 3:
        raise record.error("x, y, v of each keypoint as keypoints", counted(count, "number"))
    return tuple(record.numbers("keypoints", [COORDINATE] * count))


def _columns(found: Sequence[tuple[float, ...]]) -> Mapping[str, Any]:
    return {"keypoints": [list(keypoints) for keypoints in found]}


def _labels(boxes: pa.Table, truth: CocoTruth) -> pa.Table:
    return table_of_keypoints(boxes, truth.keypoints)


_KEYPOINTS = ResultKind(
    "pose",
    ("set of keypoints", "sets of keypoints"),
    "write a list of objects with image_id, category_id, keypoints and score, as COCO's results are",
    _keypoints,
    _columns,
    _labels,
)
