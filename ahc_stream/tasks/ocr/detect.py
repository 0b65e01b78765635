"""Where the lines of text are: frames through a text detector, on their device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.core.batches import batch_size, fixed_batches
from ahc_stream.tasks.networks.onnx_network import Network
from ahc_stream.tasks.ocr.boxes import BoxSettings, find_boxes
from ahc_stream.tasks.ocr.geometry import Points
from ahc_stream.tasks.pixels.resize import resize

STRIDE = 32
LONGEST_SIDE = 2000  # RapidOCR's max_side_len: a larger image is detected in as if it were scaled to it
WIDEST = 8  # a strip wider than that, or lower than LOWEST, lies between black bars: RapidOCR's width_height_ratio
LOWEST = 30

_BATCH_PIXELS = 4 * 736 * 1472
"""Input pixels that may go through the detector at once: bounds the memory, whatever the frames' size and number."""


@dataclass(frozen=True)
class Canvas:
    """A frame with its margins, and the size that the detector sees all of it in. Numbers are pixels.

    height, width:              of the frame.
    down, across:               the margin above and below it, and at its sides.
    bars:                       black pixels above and below that.
    input_height, input_width:  of what the detector sees.
    """

    height: int
    width: int
    down: int
    across: int
    bars: int
    input_height: int
    input_width: int

    @classmethod
    def fit(cls, height: int, width: int, border: float, limit: int) -> Canvas:
        """border: margin on every side in heights of the frame. limit: the least shorter side of the input."""
        margin = round(border * height)
        inner_height, inner_width = height + 2 * margin, width + 2 * margin
        bars = 0
        if inner_height <= LOWEST or inner_width / inner_height > WIDEST:
            bars = abs(max(inner_width // WIDEST, LOWEST) * 2 - inner_height) // 2
        outer = inner_height + 2 * bars, inner_width
        scale = min(1.0, LONGEST_SIDE / max(outer))
        scale *= max(1.0, limit / (min(outer) * scale))
        scale = min(scale, max(WIDEST * limit, LONGEST_SIDE) / max(outer))  # of a high and narrow frame: bounded
        input_height, input_width = (max(round(int(side * scale) / STRIDE), 1) * STRIDE for side in outer)
        return cls(height, width, margin, margin, bars, input_height, input_width)

    @property
    def top(self) -> int:
        return self.down + self.bars

    @property
    def outer_height(self) -> int:
        return self.height + 2 * self.top

    @property
    def outer_width(self) -> int:
        return self.width + 2 * self.across

    def pad(self, frames: Tensor, grey: int | None) -> Tensor:
        """uint8 [N, 3, height, width] -> [N, 3, outer_height, outer_width]; the border repeats the frame's edge or is
        `grey`, bars are black."""
        across, down = self.across, self.down
        if grey is not None:
            frames = F.pad(frames, (across, across, down, down), value=grey)
        elif across or down:
            rows = torch.arange(-down, self.height + down, device=frames.device).clamp_(0, self.height - 1)
            columns = torch.arange(-across, self.width + across, device=frames.device).clamp_(0, self.width - 1)
            frames = frames[:, :, rows][..., columns]
        return F.pad(frames, (0, 0, self.bars, self.bars)) if self.bars else frames

    def frame_box(self) -> Points:
        """float32 [1, 4, 2]: the corners of the frame in the canvas."""
        left, top, right, bottom = self.across, self.top, self.across + self.width, self.top + self.height
        return np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)

    def to_frame(self, boxes: Points) -> Points:
        """Corners [K, 4, 2] in the canvas -> in the frame, clipped to it."""
        return (boxes - [self.across, self.top]).clip(0, [self.width, self.height])


def network_input(images: Tensor) -> Tensor:
    """uint8 RGB [N, 3, H, W] -> float32 BGR in [-1, 1], which PP-OCR's networks were trained on."""
    return images.flip(1).float().mul_(2 / 255).sub_(1)


def detect(network: Network, images: Tensor, canvas: Canvas, settings: BoxSettings) -> list[Points]:
    """uint8 [N, 3, outer_height, outer_width] -> N times float32 [K, 4, 2], corners in those images."""
    size = batch_size(images.device, _BATCH_PIXELS, canvas.input_height * canvas.input_width)
    boxes: list[Points] = []
    for count, (batch,) in fixed_batches(size, images):
        scaled = resize(batch, canvas.input_height, canvas.input_width)
        probability = network(network_input(scaled))[:count, 0]
        boxes += _boxes(probability, canvas, settings)
    return boxes


def _boxes(probability: Tensor, canvas: Canvas, settings: BoxSettings) -> list[Points]:
    """float32 [N, input_height, input_width] -> N times [K, 4, 2]."""
    masks = _dilate(probability > settings.threshold).byte().cpu().numpy()
    maps = probability.cpu().numpy()
    size = canvas.outer_height, canvas.outer_width
    return [find_boxes(values, mask, *size, settings) for values, mask in zip(maps, masks, strict=True)]


def _dilate(mask: Tensor) -> Tensor:
    """bool [N, h, w]: each pixel joins those above, left and above left of it (a kernel of 2 x 2)."""
    wide = mask.clone()
    wide[:, :, 1:] |= mask[:, :, :-1]
    tall = wide.clone()
    tall[:, 1:] |= wide[:, :-1]
    return tall
