"""Masks that another program found: COCO's results against COCO's instances.

    [{"image_id": 42, "category_id": 18, "segmentation": {"size": [480, 640], "counts": "..."}, "score": 0.236}, ...]

The counts are COCO's text of run lengths, or a list of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.datasets.coco import table_of_masks
from ahc_stream.datasets.coco_shapes import CocoMask, read_mask
from ahc_stream.datasets.coco_truth import CocoTruth
from ahc_stream.datasets.fields import JsonRecord
from ahc_stream.submissions.coco_results import ResultKind, check_sizes, score_results
from ahc_stream.submissions.scored_files import ScoredFiles, with_labels


def score_segmentation(predictions: Path, truth: Path) -> ScoredFiles:
    """The scores of found masks, as pycocotools has them.

    predictions:  a JSON of COCO's results.
    truth:        a JSON of COCO's instances.
    Raises MissingData, InvalidValue, MissingExtra, and MediaError that names the record.
    """
    return with_labels(score_results(_MASKS, predictions, truth), truth)


def _mask(record: JsonRecord) -> CocoMask:
    """Run lengths. Raises MediaError for what is none."""
    try:
        mask = read_mask(record.values.get("segmentation"))
    except ValueError as error:
        raise record.error("size and counts as segmentation", str(error)) from error
    if mask is None or mask.polygons:
        raise record.error("size and counts as segmentation", "polygons" if mask else "none")
    return mask


def _columns(masks: Sequence[CocoMask]) -> Mapping[str, Any]:
    return {
        "height": [mask.height for mask in masks],
        "width": [mask.width for mask in masks],
        "mask": [mask.counts for mask in masks],
    }


def _labels(boxes: pa.Table, truth: CocoTruth) -> pa.Table:
    check_sizes(truth)
    return table_of_masks(boxes, truth.masks)


_MASKS = ResultKind(
    "segmentation",
    ("mask", "masks"),
    "write a list of objects with image_id, category_id, segmentation and score, as COCO's results are",
    _mask,
    _columns,
    _labels,
)
