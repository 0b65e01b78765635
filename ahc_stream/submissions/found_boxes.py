"""Found boxes of images as a table of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from ahc_stream.core.labels import KEY
from ahc_stream.datasets.fields import FieldRange
from ahc_stream.submissions.scored_files import of_images
from ahc_stream.tasks.detection.score import DETECTIONS

SCORE = FieldRange("a score", -1e9, 1e9)
"""Any number that ranks boxes; NaN and infinity rank nothing."""
CORNERS = ("x1", "y1", "x2", "y2")


class FoundBox(NamedTuple):
    """A box of the image `item`: corners in pixels (x2 and y2 exclusive); a higher score ranks first."""

    item: str
    class_name: str
    x1: float
    y1: float
    x2: float
    y2: float
    score: float


def table_of_found(boxes: Sequence[FoundBox]) -> pa.Table:
    """KEY and DETECTIONS columns, in the order of `boxes`."""
    columns = {name: [getattr(box, name) for box in boxes] for name in (*CORNERS, "score", "class_name")}
    columns["class_id"] = [0] * len(boxes)  # a model's own number, by which nobody scores
    return of_images([box.item for box in boxes], columns, pa.schema([*KEY, *DETECTIONS]))
