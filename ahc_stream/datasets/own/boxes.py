"""Boxes of pictures as a table of labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from ahc_stream.core.labels import BOXES
from ahc_stream.datasets.own.upright import Corners


class LabelledBox(NamedTuple):
    """A box in stored pixels, of the picture called `item`. outline: its points x, y, x, y ... if it was drawn so."""

    item: str
    class_name: str
    corners: Corners
    outline: tuple[float, ...] = ()


def table_of_boxes(dataset: str, boxes: Iterable[LabelledBox]) -> pa.Table:
    """Rows of the schema BOXES: nothing tracked, nothing to ignore, the area that of the box."""
    rows = list(boxes)
    corners = [box.corners for box in rows]
    columns = {
        "dataset": [dataset] * len(rows),
        "item": [box.item for box in rows],
        "frame": [0] * len(rows),
        "track_id": [-1] * len(rows),
        "class_name": [box.class_name for box in rows],
        **{side: [getattr(box, side) for box in corners] for side in Corners._fields},
        "area": [(box.x2 - box.x1) * (box.y2 - box.y1) for box in corners],
        "ignore": [False] * len(rows),
    }
    return pa.table(columns, schema=BOXES)
