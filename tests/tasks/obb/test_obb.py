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
    return tasks.make(tasks.parse(f"obb:model={path}{options}"), CPU)


def numbers(rows: list[dict]) -> np.ndarray:
    """[K, 10]: corners, score, class."""
    return np.array([[*row["corners"], row["score"], row["class_id"]] for row in rows])


def theirs(path: Path, image: np.ndarray, **options: object) -> np.ndarray:
    """The same by ultralytics' Predictor. It takes BGR arrays."""
    from ultralytics import YOLO

    bgr = np.ascontiguousarray(image[..., ::-1])
    boxes = YOLO(str(path)).predict(bgr, device="cpu", verbose=False, **options)[0].obb
    columns = [boxes.xyxyxyxy.flatten(1), boxes.conf[:, None], boxes.cls[:, None]]
    return torch.cat(columns, dim=1).double().numpy()


@pytest.mark.parametrize(
    ("yaml", "photo", "end2end", "backend"),
    [
        ("yolo11n-obb", "bus", False, "torch"),
        ("yolo11n-obb", "zidane", False, "onnxruntime"),
        ("yolov8n-obb", "bus", False, "torch"),
        ("yolo26n-obb", "zidane", True, "torch"),
    ],
)
def test_a_seeded_model_equals_ultralytics_predict(yaml, photo, end2end, backend, photos, seeded) -> None:
    """Each object has one of its own there: corners within 0.5 pixel, scores within 0.005."""
    path, image = seeded(yaml, end2end=end2end), photos[photo]
    told = f":score=0.06:labels=best:size=320:max_det=100:backend={backend}"
    (rows,) = make(path, told).predict(as_clip([image]))
    expected = theirs(path, image, conf=0.06, imgsz=320, max_det=100, **({"nms": False} if end2end else {}))
    ours = numbers(rows)
    assert len(ours) == len(expected) >= 5
    tolerance = np.array([*[0.5] * 8, 0.005, 0])
    near = (np.abs(ours[:, None] - expected[None]) <= tolerance).all(2)
    i, j = scipy.optimize.linear_sum_assignment(near, maximize=True)
    assert near[i, j].all()


def test_rows_fit_the_schema_and_corners_are_rectangles_in_their_box(photos, seeded) -> None:
    (rows,) = make(seeded("yolo11n-obb"), ":size=320:backend=torch").predict(as_clip([photos["zidane"]]))
    table = pa.Table.from_pylist(rows, schema=tasks.schema(tasks.parse("obb")))
    corners = np.array(table["corners"].to_pylist()).reshape(-1, 4, 2)
    box = np.stack([table[side].to_numpy() for side in ("x1", "y1", "x2", "y2")], axis=1)
    assert len(corners) and np.array_equal(np.concatenate([corners.min(1), corners.max(1)], 1), box)
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]
    cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert np.abs(cosine[np.isfinite(cosine)]).max() < 1e-3
    np.testing.assert_allclose(corners[:, 0] + corners[:, 2], corners[:, 1] + corners[:, 3], atol=0.01)


def test_the_classes_that_a_model_knows_are_those_of_its_checkpoint(seeded) -> None:
    from ahc_stream.tasks.obb.task import known_classes

    path = seeded("yolo11n-obb")
    assert known_classes(dict(tasks.parse(f"obb:model={path}").options))[:2] == ("0", "1")


@pytest.mark.parametrize(("yaml", "settled"), [("yolo11n", False), ("yolo11n-pose", True)])
def test_a_model_for_another_task_is_refused(yaml, settled, seeded) -> None:
    with pytest.raises(InvalidValue, match="YOLO OBB checkpoint"):
        make(seeded(yaml, settled=settled))
