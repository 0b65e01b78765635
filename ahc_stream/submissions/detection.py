"""Boxes that another program found: COCO's results against COCO's instances, or YOLO's text files.

[{"image_id": 42, "category_id": 18, "bbox": [left, top, width, height], "score": 0.236}, ...]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue
from ahc_stream.datasets.fields import BOX, JsonRecord
from ahc_stream.submissions.coco_results import ResultKind, score_results, scored
from ahc_stream.submissions.found_boxes import CORNERS
from ahc_stream.submissions.scored_files import ScoredFiles, frames_of, with_labels
from ahc_stream.submissions.yolo import read_yolo


def score_detection(predictions: Path, truth: Path, split: str | None = None) -> ScoredFiles:
    """The scores of found boxes, as pycocotools has them.

    predictions:  a JSON of COCO's results; or a folder of YOLO's text files, one for each image.
    truth:        a JSON of COCO's instances; of YOLO's files a data.yaml, or a folder of images/ and labels/.
    split:        of a data.yaml in several parts the one that is scored; None: val, else test, else train.
    Raises MissingData, InvalidValue, and MediaError that names the record or the line.
    """
    if predictions.is_dir():
        found = read_yolo(predictions, truth, split)
        frames = frames_of(dict.fromkeys(found.images, 1))
        return with_labels(scored(_BOXES, found.boxes, found.labels, frames, found.notes), truth)
    if split is not None:
        raise InvalidValue("no --split with COCO's results, whose truth is one file", split, "leave it out")
    return with_labels(score_results(_BOXES, predictions, truth), truth)


def _corners(record: JsonRecord) -> tuple[float, ...]:
    """x1, y1, x2, y2 in pixels; x2 and y2 are exclusive."""
    left, top, width, height = record.numbers("bbox", BOX)
    return left, top, left + width, top + height


def _columns(boxes: Sequence[tuple[float, ...]]) -> Mapping[str, Any]:
    return {name: [box[place] for box in boxes] for place, name in enumerate(CORNERS)}


def _labels(boxes: pa.Table, *_: object) -> pa.Table:
    return boxes


_BOXES = ResultKind(
    "detection",
    ("box", "boxes"),
    "write a list of objects with image_id, category_id, bbox and score, as COCO's results are",
    _corners,
    _columns,
    _labels,
)
