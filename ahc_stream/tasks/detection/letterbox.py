"""Letterbox: a frame into a network's input with its aspect kept, and boxes back out of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.tasks.pixels.resize import resize

GREY = 114  # the padding that YOLO models were trained with


@dataclass(frozen=True)
class Letterbox:
    """Where a frame of `height` x `width` lies in a network's input. Sizes and margins are in pixels."""

    height: int
    width: int
    inner_height: int
    inner_width: int
    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def fit(cls, height: int, width: int, size: int, stride: int, kind: str = "predict") -> Letterbox:
        """The least input that holds the frame scaled to `size`, its sides whole multiples of `stride`.

        Scales up as well as down. `kind` "predict" is what ultralytics' `predict` does with images of one size
        (`rect`), "val" what its `val` does with batches of one: the scaled sides are rounded up, and half a stride is
        added to each before it becomes a multiple. Both have their halves of an odd margin.
        """
        size = -(-size // stride) * stride
        scale = min(size / height, size / width)
        inner_height, inner_width = (_scaled(side * scale, kind) for side in (height, width))
        more = {"predict": 0.0, "val": 0.5}[kind]  # of a stride
        down, across = ((math.ceil(side / stride + more) * stride - side) / 2 for side in (inner_height, inner_width))
        top, bottom = round(down - 0.1), round(down + 0.1)
        left, right = round(across - 0.1), round(across + 0.1)
        return cls(height, width, inner_height, inner_width, top, bottom, left, right)

    @property
    def outer_height(self) -> int:
        return self.top + self.inner_height + self.bottom

    @property
    def outer_width(self) -> int:
        return self.left + self.inner_width + self.right

    def apply(self, frames: Tensor) -> Tensor:
        """uint8 [N, 3, height, width] -> uint8 [N, 3, outer_height, outer_width] on the same device."""
        inner = resize(frames, self.inner_height, self.inner_width)
        return F.pad(inner, (self.left, self.right, self.top, self.bottom), value=GREY)

    def undo(self, boxes: Tensor) -> Tensor:
        """x1, y1, x2, y2 in pixels of the input, [K, 4] -> in pixels of the frame, clipped to it."""
        across, down = self.inner_width / self.width, self.inner_height / self.height
        x = ((boxes[:, 0::2] - self.left) / across).clamp(0, self.width)
        y = ((boxes[:, 1::2] - self.top) / down).clamp(0, self.height)
        return torch.stack([x, y], dim=2).flatten(1)


def _scaled(side: float, kind: str) -> int:
    """Whole pixels of a scaled side, at least one."""
    return max(math.ceil(side) if kind == "val" else round(side), 1)
