"""Non-maximum suppression: of boxes that overlap, the best; torchvision's, and no more of it than is asked for.

torchvision's loop holds every box to every other before anybody says how many of them are wanted. On the CPU
(nms.cpp) a box is held to those that stay, best first, and the loop is over with the last that is wanted.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._native import keep_boxes


def nms(boxes: Tensor, scores: Tensor, iou: float, most: int) -> Tensor:
    """int64 [K <= most], where the boxes are: those that stay, by falling score, of equal ones the first.

    It is `torchvision.ops.nms(boxes, scores, iou)[:most]`, box by box, whatever the numbers, NaN among them.

    boxes:   float32 [M, 4]: x1, y1, x2, y2.
    scores:  float32 [M].
    iou:     0 or more; a box goes that overlaps a better one by more.
    """
    if boxes.device.type != "cpu":
        from torchvision import ops

        kept: Tensor = ops.nms(boxes, scores, iou)
        return kept[:most]
    order = scores.argsort(stable=True, descending=True)
    best = torch.empty(min(most, len(boxes)), dtype=torch.int64)
    return best[: keep_boxes(boxes.contiguous(), order, iou, best)]
