"""The task as a whole, held to ultralytics' own `predict` with `retina_masks`."""

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
from ahc_stream.core.run_lengths import mask_of, unpacked
from ahc_stream.tasks.detection.letterbox import Letterbox
from ahc_stream.tasks.segmentation.masks import masks
from tests.tasks.conftest import as_clip

CPU = torch.device("cpu")


def make(path: Path, options: str = "") -> Task:
    return tasks.make(tasks.parse(f"segmentation:model={path}{options}"), CPU)


def boxes_of(rows: list[dict]) -> np.ndarray:
    return np.array([[row[name] for name in ("x1", "y1", "x2", "y2", "score", "class_id")] for row in rows])


def masks_of(rows: list[dict]) -> np.ndarray:
    return np.stack([mask_of(unpacked(row["mask"]), row["height"], row["width"]) for row in rows])


def theirs(path: Path, image: np.ndarray, **options: object) -> tuple[np.ndarray, np.ndarray]:
    """Boxes [K, 6] and masks [K, H, W] by ultralytics' Predictor. It takes BGR arrays."""
    from ultralytics import YOLO

    bgr = np.ascontiguousarray(image[..., ::-1])
    result = YOLO(str(path)).predict(bgr, device="cpu", verbose=False, retina_masks=True, **options)[0]
    return result.boxes.data.double().numpy(), result.masks.data.numpy().astype(bool)


@pytest.mark.parametrize(
    ("yaml", "photo", "size", "end2end"),
    [("yolo11n-seg", "bus", 320, False), ("yolov8n-seg", "zidane", 256, False), ("yolo26n-seg", "bus", 320, True)],
)
def test_a_seeded_model_equals_ultralytics_predict(yaml, photo, size, end2end, photos, seeded) -> None:
    """Each object has one of its own there: same class, within 0.5 pixel and 0.005 score. Two pixels of a mask and one
    in five hundred may be others, where sums of prototypes are 0 but for what oneDNN and the order of sums leave; and
    where a box ends within another pixel, as many as its frame has rows and columns."""
    path, image = seeded(yaml, end2end=end2end), photos[photo]
    (rows,) = make(path, f":score=0.1:labels=best:size={size}:max_det=60").predict(as_clip([image]))
    told = {"conf": 0.1, "imgsz": size, "max_det": 60} | ({"nms": False} if end2end else {})
    boxes, their_masks = theirs(path, image, **told)
    ours, our_masks = boxes_of(rows), masks_of(rows)
    assert len(ours) == len(boxes) >= 10
    near = (np.abs(ours[:, None] - boxes[None]) <= [0.5, 0.5, 0.5, 0.5, 0.005, 0]).all(2)
    i, j = scipy.optimize.linear_sum_assignment(near, maximize=True)
    assert near[i, j].all()
    different = (our_masks[i] != their_masks[j]).sum((1, 2))
    ends_elsewhere = (np.ceil(ours[i, :4]) != np.ceil(boxes[j, :4])).any(1)
    allowed = their_masks[j].sum((1, 2)) / 500 + 2 + ends_elsewhere * sum(image.shape[:2])
    assert (different <= allowed).all() and np.count_nonzero(ends_elsewhere) <= len(i) / 4


@pytest.mark.parametrize("kind", ["predict", "val"])
@pytest.mark.parametrize(("height", "width"), [(60, 80), (55, 90), (97, 31), (480, 640)])
def test_a_mask_lies_where_its_frame_does_in_the_input(height: int, width: int, kind: str) -> None:
    """A prototype that is the x of its pixel, less the middle: the mask is the frame's right half; likewise below."""
    letterbox = Letterbox.fit(height, width, 160, 32, kind)
    rows, columns = letterbox.outer_height // 4, letterbox.outer_width // 4
    x = (torch.arange(columns) + 0.5) * 4 - letterbox.left - letterbox.inner_width / 2
    y = (torch.arange(rows) + 0.5) * 4 - letterbox.top - letterbox.inner_height / 2
    prototypes = torch.stack([x.expand(rows, columns), y[:, None].expand(rows, columns)])
    whole = [0.0, 0.0, float(width), float(height)]
    right, below = masks(prototypes, torch.eye(2), [whole, whole], letterbox)
    half = {name: mask_of(lengths, height, width) for name, lengths in (("right", right), ("below", below))}
    slack = 1 if width % 2 or height % 2 else 0
    assert np.abs(np.flatnonzero(half["right"][0])[0] - (width + 1) // 2) <= slack and half["right"][:, -1].all()
    assert np.abs(np.flatnonzero(half["below"][:, 0])[0] - (height + 1) // 2) <= slack and half["below"][-1].all()


def test_a_mask_ends_at_its_box() -> None:
    letterbox = Letterbox.fit(64, 64, 64, 32)
    everywhere = torch.ones(1, 16, 16)
    boxes = [[3.2, 5.0, 10.0, 9.5], [0.0, 0.0, 64.0, 64.0], [7.1, 3.0, 7.9, 9.0], [60.0, 0.0, 64.0, 64.0]]
    found = [mask_of(each, 64, 64) for each in masks(everywhere, torch.ones(4, 1), boxes, letterbox)]
    rows, columns = np.mgrid[:64, :64]
    for mask, (x1, y1, x2, y2) in zip(found, boxes, strict=True):
        assert np.array_equal(mask, (columns >= x1) & (columns < x2) & (rows >= y1) & (rows < y2))


def test_rows_fit_the_schema_and_have_a_pixel_each(photos, seeded) -> None:
    (rows,) = make(seeded("yolo11n-seg"), ":size=320:max_det=40").predict(as_clip([photos["zidane"]]))
    table = pa.Table.from_pylist(rows, schema=tasks.schema(tasks.parse("segmentation")))
    assert 0 < table.num_rows <= 40 and masks_of(rows).any((1, 2)).all()
    assert set(table["height"].to_pylist()) == {720} and set(table["width"].to_pylist()) == {1280}


def test_a_model_for_another_task_is_refused(seeded) -> None:
    with pytest.raises(InvalidValue, match=r"YOLO segmentation checkpoint.*\n?.*DetectionModel"):
        make(seeded("yolo11n", settled=False))
    with pytest.raises(InvalidValue, match="Pose"):
        make(seeded("yolo11n-pose", settled=False))
