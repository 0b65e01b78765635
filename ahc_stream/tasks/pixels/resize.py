"""OpenCV's bilinear resize of 8-bit images: `cv2.resize(..., INTER_LINEAR)` to the last bit, on any device.

On the CPU OpenCV itself does it, forty times as fast as torch would; elsewhere torch computes the same. A detector's
input must be the one that it was published with, and ultralytics resizes with OpenCV. Interpolating in float would
differ by a grey level in a third of the pixels. OpenCV (imgproc/resize.cpp, 4.x) works in fixed point: weights in
1/2048, columns first into 19 bits, then rows with two truncations. Halving both sides is a box filter there.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ahc_stream.core.errors import MissingExtra

_ONE = 2048  # INTER_RESIZE_COEF_SCALE


@cache
def opencv() -> Any:
    """The module cv2. Raises MissingExtra."""
    try:
        import cv2
    except ModuleNotFoundError as error:
        todo = "run: pip install 'ahc-stream[detection]' or 'ahc-stream[ocr]'"
        raise MissingExtra("the package opencv-python-headless", "no such package", todo) from error
    return cv2


def resize(frames: Tensor, height: int, width: int) -> Tensor:
    """uint8 [N, 3, H, W] -> uint8 [N, 3, height, width], bilinear, without antialiasing, pixel centres aligned."""
    if frames.device.type != "cpu":
        return resize_bilinear(frames, height, width)
    resized = np.empty((*frames.shape[:2], height, width), np.uint8)
    planes, targets = frames.flatten(0, 1).numpy(), resized.reshape(-1, height, width)
    for plane, target in zip(planes, targets, strict=True):
        target[:] = opencv().resize(np.ascontiguousarray(plane), (width, height))
    return torch.from_numpy(resized)


def resize_bilinear(frames: Tensor, height: int, width: int) -> Tensor:
    """`resize` in torch, on any device."""
    if frames.shape[2:] == (height, width):
        return frames
    if frames.shape[2:] == (2 * height, 2 * width):
        return _halve(frames)
    left, right, from_left, from_right = _taps(frames.shape[3], width, frames.device, stop_at_border=True)
    above, below, from_above, from_below = _taps(frames.shape[2], height, frames.device, stop_at_border=False)
    rows = frames[..., left].int() * from_left + frames[..., right].int() * from_right
    rows >>= 4
    upper = (rows[:, :, above] * from_above[:, None]) >> 16
    lower = (rows[:, :, below] * from_below[:, None]) >> 16
    return ((upper + lower + 2) >> 2).to(torch.uint8)


def _halve(frames: Tensor) -> Tensor:
    wide = frames.short()
    columns = wide[..., ::2] + wide[..., 1::2]
    return ((columns[:, :, ::2] + columns[:, :, 1::2] + 2) >> 2).to(torch.uint8)


def _taps(
    source: int, target: int, device: torch.device, stop_at_border: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The two source indexes of each target pixel and their weights in 1/2048, int64 and int32 [target].

    Positions are float64 rounded to float32, weights rounded half to even, as OpenCV does. Beyond the border its
    columns put all weight on the border pixel, its rows split it between that pixel and itself: the rounding differs.
    """
    scale = 1.0 / (target / source)
    position = torch.arange(target, device=device, dtype=torch.float64).add(0.5).mul(scale).sub(0.5).float()
    first = position.floor()
    fraction = position - first
    if stop_at_border:
        fraction = torch.where((first < 0) | (first >= source - 1), 0.0, fraction)
    first = first.long()
    from_first, from_second = ((1.0 - fraction) * _ONE).round().int(), (fraction * _ONE).round().int()
    return first.clamp(0, source - 1), (first + 1).clamp(0, source - 1), from_first, from_second
