"""Crops in torch are OpenCV's, to the last bit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from ahc_stream.tasks.ocr import warp as ocr_warp
from ahc_stream.tasks.ocr.recognise import crop
from ahc_stream.tasks.pixels import resize


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (90, 140, 3)).astype(np.uint8)
    return np.clip((cv2.GaussianBlur(noise, (0, 0), 1.2).astype(int) - 128) * 3 + 128, 0, 255).astype(np.uint8)


def planes(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1).contiguous()


def as_opencv_cuts(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """PaddleOCR's crop: the box's longer sides, warped, and turned where it is high."""
    width = int(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3])))
    height = int(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2])))
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    matrix = cv2.getPerspectiveTransform(box, corners)
    line = cv2.warpPerspective(image, matrix, (width, height), None, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE)
    return np.rot90(line) if height >= 1.5 * width else line


@pytest.mark.parametrize("seed", range(12))
def test_a_warp_is_opencvs_inside_and_beyond_the_border(image, seed):
    rng = np.random.default_rng(seed)
    box = np.float32([[20, 15], [110, 20], [112, 60], [18, 55]]) + rng.integers(-30, 30, (4, 2)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(np.float32([[0, 0], [80, 0], [80, 33], [0, 33]]), box)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    expected = cv2.warpPerspective(image, matrix, (80, 33), None, flags, cv2.BORDER_REPLICATE)
    for warp in (ocr_warp.warp, ocr_warp.warp_bicubic):
        np.testing.assert_array_equal(warp(planes(image), matrix, 33, 80).permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize(
    "box",
    [
        [[10, 20], [90, 20], [90, 50], [10, 50]],  # upright, whole pixels
        [[10, 20], [90, 24], [88, 54], [8, 50]],  # turned
        [[10, 5], [30, 5], [30, 80], [10, 80]],  # high: read from bottom to top
        [[0, 0], [139, 0], [139, 89], [0, 89]],
        [[40, 10], [52, 12], [45, 80], [33, 78]],  # high and turned
    ],
)
def test_a_crop_is_paddleocrs(image, box):
    box = np.float32(box)
    np.testing.assert_array_equal(crop(planes(image), box).permute(1, 2, 0).numpy(), as_opencv_cuts(image, box))


def test_a_resize_on_the_cpu_is_the_one_in_torch(image):
    both = torch.stack([planes(image), planes(image[::-1].copy())])
    for height, width in ((48, 201), (45, 70), (90, 140)):  # the second halves both sides: another filter
        assert torch.equal(resize.resize(both, height, width), resize.resize_bilinear(both, height, width))
