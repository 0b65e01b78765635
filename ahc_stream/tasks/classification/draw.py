"""Classes beside a picture: the most probable ones, and the true one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ahc_stream.tasks.shapes import Shape, bars, texts

MOST_CLASSES = 5


def predictions(rows: pa.Table) -> list[Shape]:
    """The most probable classes; of several windows of a video, of the first."""
    if not rows.num_rows:
        return []
    first = rows.slice(0, 1).to_pylist()[0]
    probabilities, names = np.array(first["probabilities"]), first["classes"].split("\n")
    best = np.argsort(-probabilities)[:MOST_CLASSES]
    return [bars((names[number], float(probabilities[number])) for number in best)]


def labels(rows: pa.Table) -> list[Shape]:
    """The class that the dataset gives."""
    return texts(rows["class_name"].to_pylist())
