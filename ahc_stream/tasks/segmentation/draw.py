"""Masks over a picture, by their outlines: those that a model found, and those that a dataset gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.tasks.detection.draw import MOST_BOXES
from ahc_stream.tasks.detection.score import LEAST_SCORE
from ahc_stream.tasks.segmentation.outline import outlines_of_runs
from ahc_stream.tasks.shapes import Shape, polygon


def predictions(rows: pa.Table) -> list[Shape]:
    """Masks of objects with a score from LEAST_SCORE on, the best first."""
    confident = rows.filter(pc.greater_equal(rows["score"], LEAST_SCORE)).sort_by([("score", "descending")])
    shapes = []
    for row in confident.slice(0, MOST_BOXES).to_pylist():
        shapes += _of_runs(row, f"{row['class_name']} {row['score']:.2f}")
    return shapes


def labels(rows: pa.Table) -> list[Shape]:
    """Masks to find; those to ignore are left out."""
    shapes = []
    for row in rows.filter(pc.invert(rows["ignore"])).slice(0, MOST_BOXES).to_pylist():
        shapes += _of_runs(row, row["class_name"]) if row["polygons"] is None else _of_polygons(row)
    return shapes


def _of_runs(row: Mapping[str, Any], text: str) -> list[Shape]:
    return outlines_of_runs(row["mask"], row["height"], row["width"], text, row["class_name"])


def _of_polygons(row: Mapping[str, Any]) -> list[Shape]:
    """As they were drawn; the first has the text."""
    texts = [row["class_name"], *[""] * len(row["polygons"])]
    lines = (zip(corners[::2], corners[1::2], strict=True) for corners in row["polygons"])
    return [polygon(line, text, row["class_name"]) for line, text in zip(lines, texts, strict=False)]
