"""The task as a whole, held to ultralytics' own `predict`."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import torch

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.protocols import Task
from tests.conftest import real
from tests.tasks.conftest import as_clip

CPU = torch.device("cpu")


def make(path, **options) -> Task:
    given = "".join(f":{name}={value}" for name, value in options.items())
    return tasks.make(tasks.parse(f"detection:model={path}{given}"), CPU)


def ours(task: Task, image: np.ndarray) -> np.ndarray:
    """[K, 6] x1, y1, x2, y2, score, class."""
    (rows,) = task.predict(as_clip([image]))
    return as_array(rows)


def as_array(rows) -> np.ndarray:
    return np.array([[row[name] for name in ("x1", "y1", "x2", "y2", "score", "class_id")] for row in rows])


def theirs(model: torch.nn.Module | str, image: np.ndarray, **options) -> np.ndarray:
    """The same by ultralytics' Predictor. It takes BGR arrays."""
    from ultralytics import YOLO

    yolo = YOLO(str(model) if not isinstance(model, torch.nn.Module) else "yolov8n.yaml", task="detect")
    if isinstance(model, torch.nn.Module):
        yolo.model = model
    bgr = np.ascontiguousarray(image[..., ::-1])
    return yolo.predict(bgr, device="cpu", verbose=False, **options)[0].boxes.data.double().numpy()


def assert_same_boxes(a: np.ndarray, b: np.ndarray, least: int) -> None:
    """Each box of one list has one of its own in the other: same class, within 0.5 pixel and 0.005 score.

    Order is not compared: boxes whose scores agree to five digits may come either way.
    """
    assert len(a) == len(b) >= least
    near = (np.abs(a[:, None] - b[None]) <= [0.5, 0.5, 0.5, 0.5, 0.005, 0.0]).all(2)
    rows, columns = scipy.optimize.linear_sum_assignment(near, maximize=True)
    assert near[rows, columns].all(), f"without a partner: {a[rows[~near[rows, columns]]]}"


@pytest.mark.parametrize("photo", ["bus", "zidane"])
@pytest.mark.parametrize("score", [0.001, 0.25])
def test_real_yolov5n_equals_ultralytics_predict(photo, score, photos):
    """The same real weights through ultralytics' letterbox, suppression and scaling; it refuses to load the file."""
    task = make(real("weights/yolov5n.pt"), score=score, labels="best", max_det=3000)
    expected = theirs(task.model, photos[photo], conf=score, max_det=3000)
    assert_same_boxes(ours(task, photos[photo]), expected, least=3 if score == 0.25 else 100)


@pytest.mark.parametrize("photo", ["bus", "zidane"])
@pytest.mark.parametrize(("yaml", "size"), [("yolo11n", 640), ("yolo11n", 352), ("yolov8n", 640)])
def test_a_seeded_model_equals_ultralytics_predict(yaml, size, photo, photos, seeded):
    path = seeded(yaml)
    task = make(path, score=0.08, labels="best", size=size, max_det=3000)
    expected = theirs(path, photos[photo], conf=0.08, imgsz=size, max_det=3000)
    assert_same_boxes(ours(task, photos[photo]), expected, least=100)


def test_an_end_to_end_model_equals_ultralytics_predict(photos, seeded):
    path = seeded("yolo26n", end2end=True)
    task = make(path, score=0.1, max_det=1000)
    expected = theirs(path, photos["bus"], conf=0.1, nms=False, max_det=1000)
    assert_same_boxes(ours(task, photos["bus"]), expected, least=100)


def test_real_yolov5n_sees_the_people_the_bus_and_the_tie(photos):
    task = make(real("weights/yolov5n.pt"), score=0.25, labels="best")
    names = [[row["class_name"] for row in task.predict(as_clip([photos[name]]))[0]] for name in ("bus", "zidane")]
    assert sorted(names[0]) == ["bus", "person", "person", "person", "person"]
    assert sorted(names[1]) == ["person", "person", "tie"]


def test_rows_fit_the_schema_and_boxes_lie_in_the_frame(photos, seeded):
    import pyarrow as pa

    task = make(seeded("yolo11n"), size=320)
    (rows,) = task.predict(as_clip([photos["zidane"]]))
    table = pa.Table.from_pylist(rows, schema=task.schema)
    assert 0 < table.num_rows <= 300
    columns = {name: table[name].to_numpy() for name in table.column_names}
    assert (columns["x1"] >= 0).all() and (columns["x2"] <= 1280).all() and (columns["x1"] <= columns["x2"]).all()
    assert (columns["y1"] >= 0).all() and (columns["y2"] <= 720).all() and (np.diff(columns["score"]) <= 0).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 50), (33, 7)])
def test_tiny_frames_are_no_special_case(height, width, seeded):
    frames = [np.full((height, width, 3), 200, np.uint8)] * 2
    assert len(make(seeded("yolo11n"), size=64).predict(as_clip(frames))) == 2


def test_a_model_loaded_inside_a_lane_predicts_the_same(photos, seeded):
    path = seeded("yolo11n")
    outside = ours(make(path, score=0.2, size=320), photos["bus"])
    with torch.inference_mode():
        assert_same_boxes(ours(make(path, score=0.2, size=320), photos["bus"]), outside, least=1)


def test_a_task_is_a_task_and_knows_its_schema(seeded):
    task = make(seeded("yolo11n"))
    assert isinstance(task, Task) and task.schema == tasks.schema(tasks.parse("detection"))


def test_missing_weights_say_where_they_were_looked_for(tmp_path):
    with pytest.raises(MissingData, match=r"no file .*nothing\.pt"):
        make(tmp_path / "nothing.pt")


def test_a_text_file_is_no_checkpoint(tmp_path):
    (tmp_path / "notes.pt").write_text("not weights")
    with pytest.raises(InvalidValue, match=r"notes\.pt"):
        make(tmp_path / "notes.pt")
