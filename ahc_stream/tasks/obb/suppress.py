"""Suppression of oriented boxes, equal to ultralytics' (`utils/nms.py`, rotated): by probabilistic IoU, in one look.

A box goes that overlaps any better one of its class, also one that goes itself: Fast NMS of Bolya et al., "YOLACT"
(2019). Overlap is that of two normal distributions in place of the boxes (Llerena et al., "Gaussian Bounding
Boxes and Probabilistic Intersection-over-Union", 2021).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ahc_stream.tasks.detection.nms import CLASS_APART, candidates
from ahc_stream.tasks.networks import ultralytics_import

_BLOCK = 512
"""Boxes that are held to all better ones at once: bounds the memory, unlike ultralytics' table of all with all."""

Overlap = Callable[[Tensor, Tensor], Tensor]


def select_oriented(
    output: Tensor, score: float, iou: float, most: int, all_labels: bool, classes: int
) -> list[Tensor]:
    """The boxes of each image, best first: float32 [K, 7] centre x, centre y, width, height, score, class, angle.

    output:  [N, 4 + classes + 1, A]: as `detection.nms.select` has it, with the angle in radians at the end.
    The other arguments are those of `select`.
    """
    overlap: Overlap = ultralytics_import.load("utils.metrics", "detection").batch_probiou
    of_images = candidates(output, score, all_labels, classes)
    return [boxes[_kept(_apart(boxes), boxes[:, 4], iou, most, overlap)] for boxes in of_images]


def _apart(boxes: Tensor) -> Tensor:
    """[M, 5] centre, size, angle; those of different classes far from one another."""
    centre = boxes[:, :2] + boxes[:, 5:6] * CLASS_APART
    return torch.cat([centre, boxes[:, 2:4], boxes[:, 6:]], dim=1)


def _kept(boxes: Tensor, scores: Tensor, iou: float, most: int, overlap: Overlap) -> Tensor:
    """int64 [K <= most]: where the boxes are that stay, by falling score, of equal ones the first.

    Whether a box stays is decided by better ones alone, so the rest is not looked at once there are enough.
    """
    order = scores.argsort(stable=True, descending=True)
    ranked = boxes[order]
    kept = [order[:0]]
    count = 0
    for first in range(0, len(order), _BLOCK):
        end = min(first + _BLOCK, len(order))
        too_near = overlap(ranked[:end], ranked[first:end]) > iou
        is_better = torch.arange(end, device=order.device)[:, None] < torch.arange(first, end, device=order.device)
        stays = order[first:end][~(too_near & is_better).any(dim=0)]
        kept.append(stays)
        count += len(stays)
        if count >= most:
            break
    return torch.cat(kept)[:most]
