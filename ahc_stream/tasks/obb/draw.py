"""Oriented boxes over a picture: those that a model found, and those that a dataset gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.tasks.detection.draw import MOST_BOXES
from ahc_stream.tasks.detection.score import LEAST_SCORE
from ahc_stream.tasks.shapes import Shape, polygon


def predictions(rows: pa.Table) -> list[Shape]:
    """Outlines of objects with a score from LEAST_SCORE on, the best first."""
    confident = rows.filter(pc.greater_equal(rows["score"], LEAST_SCORE)).sort_by([("score", "descending")])
    best = confident.slice(0, MOST_BOXES).to_pylist()
    return [_outline(row, f"{row['class_name']} {row['score']:.2f}") for row in best]


def labels(rows: pa.Table) -> list[Shape]:
    """Outlines to find; those to ignore are left out."""
    to_find = rows.filter(pc.invert(rows["ignore"])).slice(0, MOST_BOXES).to_pylist()
    return [_outline(row, row["class_name"]) for row in to_find]


def _outline(row: Mapping[str, Any], text: str) -> Shape:
    x_and_y = row["corners"]
    return polygon(zip(x_and_y[::2], x_and_y[1::2], strict=True), text, row["class_name"])
