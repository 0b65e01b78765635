"""From a network's output to boxes: threshold and non-maximum suppression, equal to ultralytics' (`utils/nms.py`)."""

from __future__ import annotations

import torch
from torch import Tensor

from ahc_stream.kernels.nms import nms

_MOST_CANDIDATES = 30_000  # of one image, the best by score; suppression is quadratic
CLASS_APART = 7680  # pixels between the planes of two classes, so that boxes of different classes never overlap


def select(
    output: Tensor, score: float, iou: float, most: int, all_labels: bool, classes: int | None = None
) -> list[Tensor]:
    """The boxes of each image, best first: float32 [K, 6 + further] x1, y1, x2, y2, score, class, and what follows.

    output:      [N, 4 + classes + further, A]: centre x, centre y, width, height in input pixels, then scores in
                 [0, 1], then what a head says of each box beside it, such as its mask's coefficients.
    classes:     how many of these are scores; None: all behind the box.
    score, iou:  keeps scores above `score`; drops a box that overlaps a better one of its class by more than `iou`.
    all_labels:  whether a box counts once for each class above `score`, or for its best class only.

    How many boxes remain is data, so the host waits for the device twice, and once in each image's suppression.
    """
    selected = []
    for boxes in candidates(output, score, all_labels, output.shape[1] - 4 if classes is None else classes):
        centre, half = boxes[:, :2], boxes[:, 2:4] / 2
        corners = torch.cat([centre - half, centre + half, boxes[:, 4:]], dim=1)
        apart = corners[:, :4] + corners[:, 5:6] * CLASS_APART
        selected.append(corners[nms(apart, corners[:, 4], iou, most)])
    return selected


def select_final(output: Tensor, score: float, most: int) -> list[Tensor]:
    """The same of an end-to-end head, [N, K, 6 + further] with the columns of `select`: it suppresses by itself."""
    return [rows[rows[:, 4] > score][:most] for rows in output]


def candidates(output: Tensor, score: float, all_labels: bool, classes: int) -> list[Tensor]:
    """What is to be suppressed of each image, the best of too many: [M, 6 + further] centre x, centre y, width, height,
    score, class, and what follows. Arguments as `select` has them."""
    image, rows = _above(output, score, all_labels, classes)
    per_image = torch.split(rows, torch.bincount(image, minlength=len(output)).tolist())
    return [_best(boxes) if len(boxes) > _MOST_CANDIDATES else boxes for boxes in per_image]


def _best(boxes: Tensor) -> Tensor:
    return boxes[boxes[:, 4].topk(_MOST_CANDIDATES).indices]


def _above(output: Tensor, score: float, all_labels: bool, classes: int) -> tuple[Tensor, Tensor]:
    """Image index [M], in order, and rows [M, 6 + further] of all boxes above `score`."""
    best = output[:, 4 : 4 + classes].amax(1)
    image, anchor = torch.nonzero(~(best <= score), as_tuple=True)  # the few with a class above it, or with a NaN
    rows = output[image, :, anchor]
    row, label = _labels(rows[:, 4 : 4 + classes], score, all_labels)
    value = rows[row, 4 + label]
    columns = [rows[row, :4], value[:, None], label[:, None].to(value.dtype), rows[row, 4 + classes :]]
    boxes = torch.cat(columns, dim=1)
    return image[row], boxes


def _labels(scores: Tensor, score: float, all_labels: bool) -> tuple[Tensor, Tensor]:
    """Row and class, int64 [M] each, of the scores [K, classes] that count."""
    if all_labels:
        row, label = torch.nonzero(scores > score, as_tuple=True)
        return row, label
    best, labels = scores.max(1)
    (row,) = torch.nonzero(best > score, as_tuple=True)
    return row, labels[row]
