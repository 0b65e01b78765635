"""Lines of text over a picture as they were read, and the true text beside it."""

from __future__ import annotations

import pyarrow as pa

from ahc_stream.tasks.shapes import Shape, polygon, texts

MOST_LINES = 60
"""Of one frame, so that the picture is still seen."""
CORNERS = (("x1", "y1"), ("x2", "y2"), ("x3", "y3"), ("x4", "y4"))


def predictions(rows: pa.Table) -> list[Shape]:
    """Each line in its box, with its mean probability."""
    return [
        polygon([(row[x], row[y]) for x, y in CORNERS], f"{row['text']} {row['score']:.2f}", "text")
        for row in rows.slice(0, MOST_LINES).to_pylist()
    ]


def labels(rows: pa.Table) -> list[Shape]:
    """The text that the dataset gives."""
    return texts(rows["text"].to_pylist())
