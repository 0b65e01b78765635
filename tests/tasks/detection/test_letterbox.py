"""Resize and letterbox, held to OpenCV's and ultralytics' own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ahc_stream.tasks.detection.letterbox import Letterbox
from ahc_stream.tasks.pixels.resize import resize, resize_bilinear

cv2 = pytest.importorskip("cv2")  # comes with the extra `detection`

SIZES = [
    (1080, 1920),
    (810, 1080),
    (720, 1280),
    (480, 640),
    (1280, 1280),
    (63, 500),
    (1, 1),
    (3, 1000),
    (641, 427),
    (96, 96),
]


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 10_000 + width).integers(0, 256, (height, width, 3), np.uint8)


def planes(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None]


@pytest.mark.parametrize("source", [(1, 1), (1, 7), (2, 3), (17, 64), (63, 31), (101, 333), (240, 320), (480, 853)])
@pytest.mark.parametrize("target", [(1, 1), (2, 17), (64, 5), (120, 160), (333, 101), (384, 640)])
def test_resize_is_opencvs_to_the_last_bit(source, target):
    image = noise(*source)
    expected = cv2.resize(image, target[::-1], interpolation=cv2.INTER_LINEAR)
    for ours in (resize, resize_bilinear):  # as the CPU does it, and as other devices do
        torch.testing.assert_close(ours(planes(image), *target), planes(expected), rtol=0, atol=0)


def test_resize_of_extremes_stays_within_them():
    for value in (0, 255):
        frames = torch.full((2, 3, 37, 53), value, dtype=torch.uint8)
        assert resize_bilinear(frames, 101, 29).unique().tolist() == [value]


def test_resize_reads_strided_frames():
    image = planes(noise(50, 70))
    strided = image.permute(0, 3, 2, 1)
    for ours in (resize, resize_bilinear):
        torch.testing.assert_close(ours(strided, 31, 40), ours(strided.contiguous(), 31, 40), rtol=0, atol=0)


@pytest.mark.parametrize(("size", "stride"), [(640, 32), (1280, 64), (650, 32)])
@pytest.mark.parametrize("shape", SIZES)
def test_letterbox_is_ultralytics_own(shape, size, stride):
    from ultralytics.data.augment import LetterBox

    image = noise(*shape)
    box = Letterbox.fit(*shape, size, stride)
    multiple = -(-size // stride) * stride  # ultralytics' check_imgsz rounds up before
    expected = LetterBox(multiple, auto=True, stride=stride)(image=image)
    torch.testing.assert_close(box.apply(planes(image)), planes(expected), rtol=0, atol=0)
    assert (box.outer_height, box.outer_width) == expected.shape[:2]


@pytest.mark.parametrize("shape", SIZES)
def test_undo_is_ultralytics_scale_boxes(shape):
    from ultralytics.utils.ops import scale_boxes

    box = Letterbox.fit(*shape, 640, 32)
    boxes = torch.rand(200, 4, generator=torch.Generator().manual_seed(1)) * 700 - 30
    expected = scale_boxes((box.outer_height, box.outer_width), boxes.clone(), shape)
    torch.testing.assert_close(box.undo(boxes), expected, rtol=0, atol=1e-3)  # float32 at coordinates up to 1920


def test_undo_returns_a_frames_own_corners():
    box = Letterbox.fit(1080, 1920, 640, 32)
    inner = [box.left, box.top, box.left + box.inner_width, box.top + box.inner_height]
    assert box.undo(torch.tensor([inner], dtype=torch.float32)).tolist() == [[0, 0, 1920, 1080]]
