"""A frame however small, narrow or wide has a defined result from every task: an error would end a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from ultralytics import YOLO

from ahc_stream import tasks
from ahc_stream.core.protocols import AnyTask
from tests.pictures import picture
from tests.tasks.conftest import as_clip
from tests.tasks.test_cuts import canny, classifier, hed, keras, ocr, semantic

SIZES = [(1, 1), (1, 3), (3, 1), (2, 2), (1, 700), (700, 1), (5, 4), (15, 40), (16, 16), (33, 17)]


def seeded(folder: Path, yaml: str, kind: str, task: str) -> AnyTask:
    torch.manual_seed(0)
    YOLO(f"{yaml}.yaml", task=kind).save(folder / "seeded.pt")
    return tasks.make(tasks.parse(f"{task}:model={folder / 'seeded.pt'}:size=64:score=0"), torch.device("cpu"))


def detector(folder: Path) -> AnyTask:
    return seeded(folder, "yolov8n", "detect", "detection")


def segmenter(folder: Path) -> AnyTask:
    return seeded(folder, "yolov8n-seg", "segment", "segmentation:max_det=50")


def poser(folder: Path) -> AnyTask:
    return seeded(folder, "yolov8n-pose", "pose", "pose:max_det=50")


def orienter(folder: Path) -> AnyTask:
    return seeded(folder, "yolov8n-obb", "obb", "obb:max_det=50")


MAKERS = [canny, hed, classifier, keras, semantic, ocr, detector, segmenter, poser, orienter]


@pytest.mark.parametrize("make", MAKERS)
def test_every_size_has_rows_of_finite_numbers(make: Callable[[Path], AnyTask], tmp_path: Path) -> None:
    task = make(tmp_path)
    for height, width in SIZES:
        images = [picture(height, width, seed) for seed in (1, 2)]
        with torch.inference_mode():
            rows = task.predict(as_clip(images))
        assert len(rows) == 2, (height, width)
        numbers = [value for of_frame in rows for row in of_frame for value in row.values() if isinstance(value, float)]
        assert all(map(math.isfinite, numbers)), (height, width)


@pytest.mark.parametrize("make", MAKERS)
def test_flat_frames_of_every_size_have_rows(make: Callable[[Path], AnyTask], tmp_path: Path) -> None:
    task = make(tmp_path)
    for height, width in SIZES:
        black = np.zeros((height, width, 3), np.uint8)
        with torch.inference_mode():
            assert len(task.predict(as_clip([black, 255 - black]))) == 2, (height, width)
