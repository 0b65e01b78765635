"""What a task says of a frame, as shapes that the page draws over the picture: small functions, one per kind of task.

A shape is a dict that JSON can hold. Coordinates are pixels of the original frame.

    {"kind": "box", "at": [x, y, width, height], "text", "name"}        name: what colours are chosen by
    {"kind": "polygon", "at": [[x, y], ...], "text", "name"}
    {"kind": "image", "data": data URI}                                 over the whole frame
    {"kind": "bars", "rows": [[text, share], ...]}                      beside the picture
    {"kind": "text", "text"}                                            beside the picture
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

Shape = dict[str, Any]
MOST_BOXES = 60
LEAST_SCORE = 0.25
"""Boxes below it are the tail of a precision-recall curve, not what a detector says."""
BARS = 5
SAID_INK, TRUE_INK = (230, 80, 0), (0, 114, 178)


def boxes(predictions: pa.Table) -> list[Shape]:
    """Detected boxes, the surest first."""
    sure = predictions.filter(pc.greater_equal(predictions["score"], LEAST_SCORE)).sort_by([("score", "descending")])
    return [_box(row, f"{row['class_name']} {row['score']:.2f}") for row in sure.slice(0, MOST_BOXES).to_pylist()]


def labelled_boxes(labels: pa.Table) -> list[Shape]:
    """Boxes of a dataset, those to ignore left out."""
    rows = labels.filter(pc.invert(labels["ignore"])).slice(0, MOST_BOXES).to_pylist()
    return [_box(row, row["class_name"]) for row in rows]


def _box(row: Mapping[str, Any], text: str) -> Shape:
    at = [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]]
    return {"kind": "box", "at": [round(each, 1) for each in at], "text": text, "name": row["class_name"]}


def bars(predictions: pa.Table) -> list[Shape]:
    """The most probable classes; of several windows of a video, of the first."""
    if not predictions.num_rows:
        return []
    row = predictions.slice(0, 1).to_pylist()[0]
    shares, names = np.array(row["probabilities"]), row["classes"].split("\n")
    best = np.argsort(-shares)[:BARS]
    return [{"kind": "bars", "rows": [[names[number], round(float(shares[number]), 4)] for number in best]}]


def class_names(labels: pa.Table) -> list[Shape]:
    """The class that a dataset gives."""
    return [{"kind": "text", "text": name} for name in labels["class_name"].to_pylist()]


def texts(labels: pa.Table) -> list[Shape]:
    """The text that a dataset gives."""
    return [{"kind": "text", "text": text} for text in labels["text"].to_pylist()]


def lines(predictions: pa.Table) -> list[Shape]:
    """Lines of text that were read, in their boxes."""
    rows = predictions.slice(0, MOST_BOXES).to_pylist()
    return [
        {"kind": "polygon", "at": [[round(row[f"x{n}"], 1), round(row[f"y{n}"], 1)] for n in range(1, 5)]}
        | {"text": f"{row['text']} {row['score']:.2f}", "name": "text"}
        for row in rows
    ]


def edges(predictions: pa.Table) -> list[Shape]:
    """Maps of edges, as ink of their strength."""
    maps = (Image.open(BytesIO(data)) for data in predictions["edges"].to_pylist())
    return [_ink(np.asarray(strength.convert("L")), SAID_INK) for strength in maps]


def boundaries(labels: pa.Table) -> list[Shape]:
    """Boundaries that annotators drew; where more of them did, the ink is stronger."""
    drawn = [
        np.unpackbits(np.frombuffer(row["boundary"], np.uint8), count=row["height"] * row["width"]).reshape(
            row["height"], row["width"]
        )
        for row in labels.to_pylist()
    ]
    return [_ink((255 * np.mean(drawn, axis=0)).astype(np.uint8), TRUE_INK)] if drawn else []


def _ink(strength: np.ndarray, colour: tuple[int, int, int]) -> Shape:
    """uint8 [H, W] as the opacity of one colour."""
    layer = np.dstack([np.broadcast_to(np.uint8(colour), (*strength.shape, 3)), strength])
    file = BytesIO()
    Image.fromarray(layer, "RGBA").save(file, format="png", optimize=True)
    return {"kind": "image", "data": "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()}


SAID: Mapping[str, Callable[[pa.Table], list[Shape]]] = {
    "detection": boxes,
    "classification": bars,
    "edges": edges,
    "ocr": lines,
    "video": bars,
}
"""Task -> the shapes of its predictions of one frame."""

TRUE: Mapping[str, Callable[[pa.Table], list[Shape]]] = {
    "detection": labelled_boxes,
    "classification": class_names,
    "edges": boundaries,
    "ocr": texts,
}
"""Name of labels -> the shapes of the ground truth of one frame."""
