"""From a map of text probability to the corners of its lines: the host's part of text detection.

Definition: M. Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (AAAI 2020), section 3.4,
with the details of PP-OCR as RapidOCR 1.4 and 3.10 compute them: regions of the dilated mask, the least rectangle
around each, the mean probability inside it as its score, the rectangle grown by area * ratio / perimeter with round
joins, and the least rectangle around that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ahc_stream.core.errors import MissingExtra
from ahc_stream.tasks.pixels.resize import opencv

MOST_REGIONS = 1000
LEAST_SIDE = 3  # pixels of the map; a grown rectangle needs two more
LEAST_PIXELS = 3  # sides of a line in the image are longer than that


@dataclass(frozen=True)
class Settings:
    """threshold: a pixel's least probability; score: a region's; grow: the unclip ratio."""

    threshold: float
    score: float
    grow: float


def find_boxes(probability: np.ndarray, mask: np.ndarray, height: int, width: int, settings: Settings) -> np.ndarray:
    """The lines of text in one image, float32 [K, 4, 2]: x, y of top left, top right, bottom right, bottom left.

    probability:    float32 [h, w], of the image scaled to h x w.
    mask:           uint8 [h, w], not 0 where a region may be: the probability above the threshold, dilated.
    height, width:  of the image; the corners are whole pixels of it.
    """
    scale = np.float32([width / mask.shape[1], height / mask.shape[0]])
    boxes = [_ordered(_to_image(box, scale, height, width)) for box in _regions(probability, mask, settings)]
    clipped = [np.clip(box, 0, [width - 1, height - 1]) for box in boxes]
    kept = [box for box in clipped if min(_length(box[0], box[1]), _length(box[0], box[3])) > LEAST_PIXELS]
    return np.stack(kept).astype(np.float32) if kept else np.empty((0, 4, 2), np.float32)


def _regions(probability: np.ndarray, mask: np.ndarray, settings: Settings) -> Iterator[np.ndarray]:
    """The grown rectangles, [4, 2] in pixels of the map."""
    cv2 = opencv()
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours[:MOST_REGIONS]:
        rectangle = cv2.minAreaRect(contour)
        if min(rectangle[1]) < LEAST_SIDE:
            continue
        box = _ordered(cv2.boxPoints(rectangle))
        if _mean_inside(probability, box) < settings.score:
            continue
        grown = cv2.minAreaRect(_grow(box, settings.grow))
        if min(grown[1]) >= LEAST_SIDE + 2:
            yield cv2.boxPoints(grown)


def _ordered(box: np.ndarray) -> np.ndarray:
    """Top left, top right, bottom right, bottom left: of the two leftmost corners the upper one is the first."""
    box = box[np.argsort(box[:, 0], kind="stable")]
    left = box[:2][np.argsort(box[:2, 1], kind="stable")]
    right = box[2:][np.argsort(box[2:, 1], kind="stable")]
    return np.stack([left[0], right[0], right[1], left[1]])


def _mean_inside(probability: np.ndarray, box: np.ndarray) -> float:
    """The mean of the pixels in the rectangle, whose corners are cut to whole pixels of its window."""
    cv2 = opencv()
    height, width = probability.shape
    left, top = np.floor(box.min(0)).clip(0, [width - 1, height - 1]).astype(int)
    right, bottom = np.ceil(box.max(0)).clip(0, [width - 1, height - 1]).astype(int)
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(inside, (box - np.float32([left, top])).astype(np.int32)[None], 1)
    return cv2.mean(probability[top : bottom + 1, left : right + 1], inside)[0]


def _grow(box: np.ndarray, ratio: float) -> np.ndarray:
    """int32 [K, 2]: the outline of the rectangle grown by area * ratio / perimeter."""
    try:
        import pyclipper
    except ModuleNotFoundError as error:
        raise MissingExtra.of("pyclipper", "ocr") from error
    sides = box.astype(np.float64) - np.roll(box.astype(np.float64), -1, 0)
    area = abs(sides[0, 0] * sides[1, 1] - sides[0, 1] * sides[1, 0])
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(box, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    outlines = offset.Execute(area * ratio / np.hypot(*sides.T).sum())
    return np.concatenate([np.asarray(outline, np.int32) for outline in outlines])


def _to_image(box: np.ndarray, scale: np.ndarray, height: int, width: int) -> np.ndarray:
    return np.round(box * scale).clip(0, [width, height])


def _length(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.hypot(*(one - other)))
