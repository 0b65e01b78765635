"""The detection head of YOLOv5 v6.0 to v7.0: three anchors per cell, one objectness, independent classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AnchorDetect(nn.Module):
    """Decodes feature maps to boxes. Made by unpickling a checkpoint's `models.yolo.Detect`, which sets its members.

    m:        one 1x1 convolution per level, to `na` x (4 + 1 + classes) channels.
    anchors:  buffer [levels, na, 2], width and height in cells of the level.
    stride:   [levels], input pixels per cell, on the host.

    With s the sigmoid of the raw values: centre = (2 s - 0.5 + cell) stride, size = (2 s)^2 anchor, and the score of a
    class is objectness times class (github.com/ultralytics/yolov5, models/yolo.py, Detect.forward).
    """

    m: nn.ModuleList
    anchors: Tensor
    stride: Tensor
    na: int

    def forward(self, levels: list[Tensor]) -> Tensor:
        """Feature maps [N, C, h, w] -> [N, 4 + classes, A]: centre x, y, width, height in pixels, then scores."""
        outputs = [convolution(x) for convolution, x in zip(self.m, levels, strict=True)]
        return torch.cat([self._decode(raw, level) for level, raw in enumerate(outputs)], dim=2)

    def _decode(self, raw: Tensor, level: int) -> Tensor:
        count, _, height, width = raw.shape
        s = raw.view(count, self.na, -1, height, width).sigmoid()
        stride = float(self.stride[level])  # no buffer, so it lives on the host and this waits for nothing
        rows, columns = (torch.arange(n, device=raw.device, dtype=raw.dtype) for n in (height, width))
        cells = torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)])
        sizes = self.anchors[level].to(raw) * stride
        centre = (s[:, :, :2] * 2 - 0.5 + cells) * stride
        size = (s[:, :, 2:4] * 2) ** 2 * sizes[:, :, None, None]
        return torch.cat([centre, size, s[:, :, 4:5] * s[:, :, 5:]], dim=2).transpose(1, 2).flatten(2)
