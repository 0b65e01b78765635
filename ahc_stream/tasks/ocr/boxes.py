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
from numpy.typing import NDArray

from ahc_stream.core.errors import MissingExtra
from ahc_stream.tasks.ocr.geometry import Points, distance
from ahc_stream.tasks.pixels.resize import opencv

MOST_REGIONS = 1000
LEAST_SIDE = 3  # pixels of the map; a grown rectangle needs two more
LEAST_PIXELS = 3  # sides of a line in the image are longer than that

Probability = NDArray[np.float32]
Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class BoxSettings:
    """What makes a line of text.

    threshold:  a pixel's least probability.
    score:      a region's least mean probability.
    grow:       the unclip ratio.
    """

    threshold: float
    score: float
    grow: float


def find_boxes(probability: Probability, mask: Mask, height: int, width: int, settings: BoxSettings) -> Points:
    """The lines of text in one image, float32 [K, 4, 2]: their corners.

    probability:    float32 [h, w], of the image scaled to h x w.
    mask:           uint8 [h, w], not 0 where a region may be: the probability above the threshold, dilated.
    height, width:  of the image; the corners are whole pixels of it.
    """
    scale = np.array([width / mask.shape[1], height / mask.shape[0]], np.float32)
    boxes = []
    for region in _regions(probability, mask, settings):
        box = _ordered(np.round(region * scale).clip(0, [width, height]))
        box = np.clip(box, 0, [width - 1, height - 1])
        shorter = min(int(distance(box[0], box[1])), int(distance(box[0], box[3])))
        if shorter > LEAST_PIXELS:
            boxes.append(box)
    return np.stack(boxes).astype(np.float32) if boxes else np.empty((0, 4, 2), np.float32)


def _regions(probability: Probability, mask: Mask, settings: BoxSettings) -> Iterator[Points]:
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


def _ordered(box: Points) -> Points:
    """Top left, top right, bottom right, bottom left: of the two leftmost corners the upper one is the first."""
    box = box[np.argsort(box[:, 0], kind="stable")]
    left = box[:2][np.argsort(box[:2, 1], kind="stable")]
    right = box[2:][np.argsort(box[2:, 1], kind="stable")]
    return np.stack([left[0], right[0], right[1], left[1]])


def _mean_inside(probability: Probability, box: Points) -> float:
    """The mean of the pixels in the rectangle, whose corners are cut to whole pixels of its window."""
    cv2 = opencv()
    height, width = probability.shape
    last_pixel = [width - 1, height - 1]
    left, top = np.floor(box.min(0)).clip(0, last_pixel).astype(int)
    right, bottom = np.ceil(box.max(0)).clip(0, last_pixel).astype(int)
    inside = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    corners = (box - np.array([left, top], np.float32)).astype(np.int32)
    cv2.fillPoly(inside, corners[None], 1)
    mean = cv2.mean(probability[top : bottom + 1, left : right + 1], inside)
    return float(mean[0])


def _grow(box: Points, ratio: float) -> NDArray[np.int32]:
    """int32 [K, 2]: the outline of the rectangle grown by area * ratio / perimeter."""
    try:
        import pyclipper
    except ModuleNotFoundError as error:
        raise MissingExtra.of("pyclipper", "ocr") from error
    corners = box.astype(np.float64)
    sides = corners - np.roll(corners, -1, 0)
    area = abs(sides[0, 0] * sides[1, 1] - sides[0, 1] * sides[1, 0])
    perimeter = np.hypot(*sides.T).sum()
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(box, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    outlines = offset.Execute(area * ratio / perimeter)
    return np.concatenate([np.asarray(outline, np.int32) for outline in outlines])
