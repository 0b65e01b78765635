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
from tests.tasks.test_cuts import canny, classifier, hed, keras, ocr

SIZES = [(1, 1), (1, 3), (3, 1), (2, 2), (1, 700), (700, 1), (5, 4), (15, 40), (16, 16), (33, 17)]


def detector(folder: Path) -> AnyTask:
    torch.manual_seed(0)
    YOLO("yolov8n.yaml", task="detect").save(folder / "seeded.pt")
    return tasks.make(tasks.parse(f"detection:model={folder / 'seeded.pt'}:size=64:score=0"), torch.device("cpu"))


@pytest.mark.parametrize("make", [canny, hed, classifier, keras, ocr, detector])
def test_every_size_has_rows_of_finite_numbers(make: Callable[[Path], AnyTask], tmp_path: Path) -> None:
    task = make(tmp_path)
    for height, width in SIZES:
        images = [picture(height, width, seed) for seed in (1, 2)]
        with torch.inference_mode():
            rows = task.predict(as_clip(images))
        assert len(rows) == 2, (height, width)
        numbers = [value for of_frame in rows for row in of_frame for value in row.values() if isinstance(value, float)]
        assert all(map(math.isfinite, numbers)), (height, width)


@pytest.mark.parametrize("make", [canny, hed, classifier, keras, ocr, detector])
def test_flat_frames_of_every_size_have_rows(make: Callable[[Path], AnyTask], tmp_path: Path) -> None:
    task = make(tmp_path)
    for height, width in SIZES:
        black = np.zeros((height, width, 3), np.uint8)
        with torch.inference_mode():
            assert len(task.predict(as_clip([black, 255 - black]))) == 2, (height, width)
