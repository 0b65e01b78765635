"""Drawers: the shapes of predictions and labels of one frame, and how a task's drawer is found."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from ahc_stream import tasks
from ahc_stream.tasks import shapes
from ahc_stream.tasks.classification import draw as classification
from ahc_stream.tasks.detection import draw as detection
from ahc_stream.tasks.edges import draw as edges
from ahc_stream.tasks.ocr import draw as ocr


def opened(shape: shapes.Shape) -> Image.Image:
    head, _, data = shape["data"].partition(",")
    assert head == "data:image/png;base64"
    return Image.open(BytesIO(base64.b64decode(data)))


def test_boxes_that_are_likely_are_drawn_the_most_confident_first() -> None:
    corners = {"x1": [1.0, 0.0, 5.0], "y1": [2.0, 0.0, 5.0], "x2": [11.0, 9.0, 6.0], "y2": [22.0, 9.0, 7.0]}
    rows = pa.table(corners | {"score": [0.5, 0.1, 0.9], "class_name": ["cat", "dog", "owl"]})
    assert detection.predictions(rows) == [
        {"kind": "box", "at": [5.0, 5.0, 1.0, 2.0], "text": "owl 0.90", "name": "owl"},
        {"kind": "box", "at": [1.0, 2.0, 10.0, 20.0], "text": "cat 0.50", "name": "cat"},
    ]


def test_boxes_to_ignore_are_no_labels_to_draw() -> None:
    corners = {"x1": [1.0, 0.0], "y1": [2.0, 0.0], "x2": [11.0, 9.0], "y2": [22.0, 9.0]}
    rows = pa.table(corners | {"class_name": ["cat", "dog"], "ignore": [False, True]})
    assert [shape["text"] for shape in detection.labels(rows)] == ["cat"]


def test_lines_of_text_stand_in_their_corners_and_the_true_text_beside_them() -> None:
    corners = {f"{axis}{n}": [float(n)] for n in range(1, 5) for axis in "xy"}
    (line,) = ocr.predictions(pa.table({"text": ["B 12"], "score": [0.8], **corners}))
    assert line["kind"] == "polygon" and line["at"] == [[n, n] for n in (1.0, 2.0, 3.0, 4.0)]
    assert (line["text"], line["name"]) == ("B 12 0.80", "text")
    assert ocr.labels(pa.table({"text": ["B 12"]})) == [{"kind": "text", "text": "B 12"}]


def test_edges_are_ink_of_their_strength_and_boundaries_of_their_annotators() -> None:
    strength = np.zeros((4, 6), np.uint8)
    strength[1] = 200
    file = BytesIO()
    Image.fromarray(strength).save(file, format="png")
    found = opened(edges.predictions(pa.table({"edges": [file.getvalue()]}))[0])
    assert found.mode == "RGBA" and np.array_equal(np.asarray(found)[..., 3], strength)
    boundaries = [np.zeros((4, 6), bool), strength > 0]
    rows = [{"boundary": np.packbits(each).tobytes(), "height": 4, "width": 6} for each in boundaries]
    drawn = opened(edges.labels(pa.Table.from_pylist(rows))[0])
    assert np.asarray(drawn)[1, 0, 3] == 127  # one annotator of two
    assert edges.labels(pa.table({"boundary": [], "height": [], "width": []})) == []


def test_the_most_probable_classes_are_bars() -> None:
    rows = pa.table({"probabilities": [[0.1, 0.9]], "classes": ["a\nb"]})
    assert classification.predictions(rows) == [{"kind": "bars", "rows": [["b", 0.9], ["a", 0.1]]}]
    assert classification.predictions(rows.slice(0, 0)) == []
    assert classification.labels(pa.table({"class_name": ["b"]})) == [{"kind": "text", "text": "b"}]


def test_every_shape_is_of_a_kind_that_is_known() -> None:
    made = [
        shapes.box((0, 0), (1, 1), "a", "a"),
        shapes.polygon([(0, 0), (1, 0), (1, 1)], "a", "a"),
        shapes.ink(np.zeros((2, 2), np.uint8), (1, 2, 3)),
        shapes.bars([("a", 0.5)]),
        shapes.text("a"),
    ]
    assert tuple(shape["kind"] for shape in made) == shapes.KINDS


@pytest.mark.parametrize("task", [name for name, entry in tasks.TASKS.items() if not entry.reads])
def test_every_task_that_predicts_draws_its_predictions_and_labels(task: str) -> None:
    assert tasks.prediction_drawing(task) and tasks.label_drawing(task) and tasks.why_undrawn(task) == ""


def test_a_user_task_is_drawn_by_its_own_drawer_and_by_the_owner_of_its_labels() -> None:
    place = "tests.tasks.test_drawing:OnlyPredictions"
    tasks.recorded(f"watched:scorer=none:labels=detection:drawer={place}")
    assert tasks.prediction_drawing("watched") is OnlyPredictions.predictions
    assert tasks.label_drawing("watched") is detection.labels
    tasks.recorded("unwatched:scorer=none")
    assert tasks.prediction_drawing("unwatched") is None and tasks.label_drawing("unwatched") is None
    tasks.recorded("gone:scorer=none:drawer=no_such_module")
    assert "no_such_module" in tasks.why_undrawn("gone") and tasks.why_undrawn("unwatched") == ""


def test_a_user_task_that_is_scored_as_one_of_the_table_is_drawn_like_it() -> None:
    tasks.recorded("corner-like:scorer=ahc_stream.tasks.detection.score")
    assert tasks.prediction_drawing("corner-like") is detection.predictions


class OnlyPredictions:
    """A drawer without labels."""

    @staticmethod
    def predictions(rows: pa.Table) -> list[shapes.Shape]:
        return shapes.texts([str(rows.num_rows)])
