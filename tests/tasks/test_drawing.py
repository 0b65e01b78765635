"""Drawers: the shapes of predictions and labels of one frame, and how a task's drawer is found."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from ahc_stream import tasks
from ahc_stream.core.run_lengths import lengths_of, packed
from ahc_stream.tasks import shapes
from ahc_stream.tasks.classification import draw as classification
from ahc_stream.tasks.detection import draw as detection
from ahc_stream.tasks.edges import draw as edges
from ahc_stream.tasks.edges.maps import encode
from ahc_stream.tasks.obb import draw as obb
from ahc_stream.tasks.ocr import draw as ocr
from ahc_stream.tasks.pose import draw as pose
from ahc_stream.tasks.segmentation import draw as segmentation
from ahc_stream.tasks.semantic import draw as semantic


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


def rectangle(height: int, width: int, rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[rows, columns] = True
    return mask


def test_masks_are_drawn_by_the_outlines_of_their_pieces_the_largest_with_the_name() -> None:
    mask = rectangle(40, 60, slice(5, 30), slice(10, 30)) | rectangle(40, 60, slice(10, 15), slice(40, 50))
    runs = {"height": [40], "width": [60], "mask": [packed(lengths_of(mask))], "class_name": ["cat"]}
    large, small = segmentation.predictions(pa.table(runs | {"score": [0.5]}))
    assert (large["text"], large["name"], small["text"], small["name"]) == ("cat 0.50", "cat", "", "cat")
    assert sorted(large["at"]) == [[10.0, 5.0], [10.0, 29.0], [29.0, 5.0], [29.0, 29.0]]
    assert segmentation.predictions(pa.table(runs | {"score": [0.2]})) == []
    of_runs = pa.table({**runs, "ignore": [False], "polygons": pa.array([None], pa.list_(pa.list_(pa.float64())))})
    assert [shape["text"] for shape in segmentation.labels(of_runs)] == ["cat", ""]


def test_polygons_are_drawn_as_they_are_and_masks_to_ignore_are_not() -> None:
    told = {"class_name": ["cat", "dog"], "ignore": [False, True], "mask": [None, b"255"]}
    rows = pa.table(told | {"height": [None, 4], "width": [None, 3], "polygons": [[[1.0, 2, 3, 4, 5, 6]], None]})
    assert segmentation.labels(rows) == [
        {"kind": "polygon", "at": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "text": "cat", "name": "cat"}
    ]


def test_keypoints_that_are_seen_are_squares_and_limbs_join_two_of_them() -> None:
    points = np.zeros((17, 3))
    points[[5, 7, 9]] = [
        [10, 20, 0.9],
        [30, 40, 0.6],
        [50, 60, 0.4],
    ]  # the wrist is unsure
    box = {"x1": [1.0], "y1": [2.0], "x2": [61.0], "y2": [72.0], "class_name": ["person"]}
    rows = box | {"keypoints": [points.ravel().tolist()]}
    around, shoulder, elbow, arm = pose.predictions(pa.table(rows | {"score": [0.5]}))
    assert around == {"kind": "box", "at": [1.0, 2.0, 60.0, 70.0], "text": "person 0.50", "name": "person"}
    assert (shoulder["at"], elbow["at"][:2]) == ([8.5, 18.5, 3.0, 3.0], [28.5, 38.5])
    assert arm["kind"] == "polygon" and arm["at"] == [[10.0, 20.0], [30.0, 40.0]]
    labelled = points * [1, 1, 0]
    labelled[[5, 7], 2] = [1, 2]
    rows["keypoints"] = [labelled.ravel().tolist()]
    assert len(pose.labels(pa.table(rows | {"ignore": [False]}))) == 4
    assert pose.labels(pa.table(rows | {"ignore": [True]})) == []


def test_oriented_boxes_are_their_outlines_the_sure_ones_and_those_to_find() -> None:
    rows = pa.table({"corners": [[1.0, 2, 3, 4, 5, 6, 7, 8]] * 2, "class_name": ["ship"] * 2})
    outline = {"kind": "polygon", "at": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], "name": "ship"}
    scored = rows.append_column("score", [[0.5, 0.2]])
    assert obb.predictions(scored) == [outline | {"text": "ship 0.50"}]
    assert obb.labels(rows.append_column("ignore", [[False, True]])) == [outline | {"text": "ship"}]


def test_classes_of_pixels_are_outlined_but_the_background() -> None:
    pixels = 2 * rectangle(40, 60, slice(5, 30), slice(10, 30)).astype(np.uint8)
    rows = pa.table({"map": [encode(pixels)], "classes": ["background\ncat\ndog"]})
    (shape,) = semantic.predictions(rows)
    assert (shape["kind"], shape["text"], shape["name"]) == ("polygon", "dog", "dog")
    assert tasks.label_drawing("semantic") is segmentation.labels


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
