"""The task as a whole, held to ultralytics' own `predict`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import scipy.optimize
import torch

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import Task
from tests.tasks.conftest import as_clip

CPU = torch.device("cpu")


def make(path: Path, options: str = "") -> Task:
    return tasks.make(tasks.parse(f"pose:model={path}{options}"), CPU)


def numbers(rows: list[dict]) -> np.ndarray:
    """[K, 6 + 51]: box, score, class, keypoints."""
    box = ("x1", "y1", "x2", "y2", "score", "class_id")
    return np.array([[*(row[name] for name in box), *row["keypoints"]] for row in rows])


def theirs(path: Path, image: np.ndarray, **options: object) -> np.ndarray:
    """The same by ultralytics' Predictor. It takes BGR arrays."""
    from ultralytics import YOLO

    bgr = np.ascontiguousarray(image[..., ::-1])
    result = YOLO(str(path)).predict(bgr, device="cpu", verbose=False, **options)[0]
    return torch.cat([result.boxes.data, result.keypoints.data.flatten(1)], dim=1).double().numpy()


@pytest.mark.parametrize(
    ("yaml", "photo", "end2end", "backend"),
    [
        ("yolo11n-pose", "bus", False, "torch"),
        ("yolo11n-pose", "zidane", False, "onnxruntime"),
        ("yolov8n-pose", "bus", False, "torch"),
        ("yolo26n-pose", "zidane", True, "torch"),
    ],
)
def test_a_seeded_model_equals_ultralytics_predict(yaml, photo, end2end, backend, photos, seeded) -> None:
    """Each object has one of its own there: box and keypoints within 0.5 pixel, scores and confidences within 0.005."""
    path, image = seeded(yaml, end2end=end2end), photos[photo]
    told = f":score=0.06:labels=best:size=320:max_det=100:backend={backend}"
    (rows,) = make(path, told).predict(as_clip([image]))
    expected = theirs(path, image, conf=0.06, imgsz=320, max_det=100, **({"nms": False} if end2end else {}))
    ours = numbers(rows)
    assert len(ours) == len(expected) >= 5
    tolerance = np.array([0.5, 0.5, 0.5, 0.5, 0.005, 0, *[0.5, 0.5, 0.005] * 17])
    near = (np.abs(ours[:, None] - expected[None]) <= tolerance).all(2)
    i, j = scipy.optimize.linear_sum_assignment(near, maximize=True)
    assert near[i, j].all()


def test_rows_fit_the_schema_and_keypoints_lie_in_the_frame(photos, seeded) -> None:
    (rows,) = make(seeded("yolo11n-pose"), ":size=320:backend=torch").predict(as_clip([photos["zidane"]]))
    table = pa.Table.from_pylist(rows, schema=tasks.schema(tasks.parse("pose")))
    points = np.array(table["keypoints"].to_pylist()).reshape(table.num_rows, 17, 3)
    assert table.num_rows and (points >= 0).all() and (points.max((0, 1)) <= [1280, 720, 1]).all()


def test_a_model_without_confidences_has_confidence_one(photos, tmp_path: Path) -> None:
    from ultralytics import YOLO
    from ultralytics.nn.tasks import PoseModel

    yolo = YOLO("yolo11n-pose.yaml", task="pose")
    yolo.model = PoseModel("yolo11n-pose.yaml", nc=1, data_kpt_shape=(4, 2), verbose=False)
    yolo.save(tmp_path / "four.pt")
    (rows,) = make(tmp_path / "four.pt", ":size=64:score=0:max_det=3:backend=torch").predict(as_clip([photos["bus"]]))
    assert rows and all(len(row["keypoints"]) == 12 and row["keypoints"][2::3] == [1] * 4 for row in rows)


def test_a_model_for_another_task_is_refused(seeded) -> None:
    with pytest.raises(InvalidValue, match="YOLO pose checkpoint"):
        make(seeded("yolo11n", settled=False))
