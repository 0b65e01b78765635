"""Keypoints over a picture, with the limbs between them: those that a model found, and those that a dataset gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.tasks.detection.draw import MOST_BOXES
from ahc_stream.tasks.detection.score import LEAST_SCORE
from ahc_stream.tasks.pose.score import COCO_SIGMAS, LEAST_CONFIDENCE
from ahc_stream.tasks.shapes import Shape, box, polygon

LIMBS = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8), (7, 9), (8, 10)),
    *((1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6)),
)
"""Pairs of COCO's seventeen keypoints, counted from 0: the skeleton of its annotations."""
_HALF = 1.5
"""Of the side of the square at a keypoint, in pixels."""


def predictions(rows: pa.Table) -> list[Shape]:
    """Objects with a score from LEAST_SCORE on, the best first; keypoints that LEAST_CONFIDENCE says are seen."""
    confident = rows.filter(pc.greater_equal(rows["score"], LEAST_SCORE)).sort_by([("score", "descending")])
    shapes = []
    for row in confident.slice(0, MOST_BOXES).to_pylist():
        shapes += _object(row, f"{row['class_name']} {row['score']:.2f}", LEAST_CONFIDENCE)
    return shapes


def labels(rows: pa.Table) -> list[Shape]:
    """Objects to find with their labelled keypoints; those to ignore are left out."""
    shapes = []
    for row in rows.filter(pc.invert(rows["ignore"])).slice(0, MOST_BOXES).to_pylist():
        shapes += _object(row, row["class_name"], 1)
    return shapes


def _object(row: Mapping[str, Any], text: str, least: float) -> list[Shape]:
    """The box, a square at each keypoint whose third number is `least` or more, and a line for each limb."""
    name, values = row["class_name"], row["keypoints"]
    points = list(zip(values[::3], values[1::3], strict=True))
    is_seen = [value >= least for value in values[2::3]]
    around = box((row["x1"], row["y1"]), (row["x2"] - row["x1"], row["y2"] - row["y1"]), text, name)
    squares = [
        box((x - _HALF, y - _HALF), (2 * _HALF, 2 * _HALF), "", name)
        for (x, y), seen in zip(points, is_seen, strict=True)
        if seen
    ]
    limbs = LIMBS if len(points) == len(COCO_SIGMAS) else ()
    return [around, *squares, *_lines(points, is_seen, limbs, name)]


def _lines(
    points: Sequence[tuple[float, float]], is_seen: Sequence[bool], limbs: Sequence[tuple[int, int]], name: str
) -> list[Shape]:
    return [polygon([points[a], points[b]], "", name) for a, b in limbs if is_seen[a] and is_seen[b]]
