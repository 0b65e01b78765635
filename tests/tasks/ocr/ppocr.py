"""PP-OCRv4 without a download: the wheel of RapidOCR, our oracle, carries it. And pictures of text to read."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import torch

from ahc_stream import tasks
from ahc_stream.core.protocols import Task


def model(part: str) -> Path:
    """The ONNX file of "det" or "rec"."""
    package = find_spec("rapidocr_onnxruntime")
    assert package is not None and package.origin is not None, "the extra dev brings rapidocr-onnxruntime"
    return Path(package.origin).parent / "models" / f"ch_PP-OCRv4_{part}_infer.onnx"


def reader(options: str = "") -> Task:
    return tasks.make(tasks.parse(f"ocr:det={model('det')}:rec={model('rec')}{options}"), torch.device("cpu"))


def page(lines: dict[tuple[int, int], str], height: int = 240, width: int = 400, scale: float = 1.5) -> np.ndarray:
    """uint8 RGB [height, width, 3]: black text on a light ground with a little texture; (x, y) is its lower left."""
    noise = np.random.default_rng(0).integers(0, 12, (height, width, 3), dtype=np.uint8)
    image = 235 - noise
    for place, text in lines.items():
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 60), 3, cv2.LINE_AA)
    return image


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), borderValue=(230, 230, 230))
