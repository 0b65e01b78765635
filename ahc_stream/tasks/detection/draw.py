"""Boxes over a picture: those that a detector found, and those that a dataset gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.tasks.detection.score import LEAST_SCORE
from ahc_stream.tasks.shapes import Shape, box

MOST_BOXES = 60
"""Of one frame, so that the picture is still seen."""


def predictions(rows: pa.Table) -> list[Shape]:
    """Boxes with a score from LEAST_SCORE on, the best first; below it is the tail of a precision-recall curve."""
    confident = rows.filter(pc.greater_equal(rows["score"], LEAST_SCORE)).sort_by([("score", "descending")])
    return [_box(row, f"{row['class_name']} {row['score']:.2f}") for row in confident.slice(0, MOST_BOXES).to_pylist()]


def labels(rows: pa.Table) -> list[Shape]:
    """Boxes to find; those to ignore are left out."""
    to_find = rows.filter(pc.invert(rows["ignore"]))
    return [_box(row, row["class_name"]) for row in to_find.slice(0, MOST_BOXES).to_pylist()]


def _box(row: Mapping[str, Any], text: str) -> Shape:
    size = row["x2"] - row["x1"], row["y2"] - row["y1"]
    return box((row["x1"], row["y1"]), size, text, row["class_name"])
