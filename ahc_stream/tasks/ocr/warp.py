"""Perspective warp as PP-OCR's networks are used with: OpenCV's, to the last bit, where the pixels are.

On the CPU OpenCV itself does it, many times as fast as torch would; elsewhere torch computes the same fixed point.
OpenCV (imgproc/imgwarp.cpp, 4.x) warps with positions rounded to 1/32 pixel and cubic weights to 1/32768.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.tasks.pixels.resize import opencv

_STEPS = 32  # positions between two pixels
_BITS = 15
_SHARPNESS = np.float32(-0.75)  # the A of OpenCV's cubic kernel

Matrix = NDArray[np.float64]


def warp(image: Tensor, matrix: Matrix, height: int, width: int) -> Tensor:
    """uint8 [3, H, W] -> uint8 [3, height, width], bicubic: pixel (x, y) is read where `matrix`, float64 [3, 3], puts
    (x, y, 1), beyond the border from the border."""
    if image.device.type != "cpu":
        return warp_bicubic(image, matrix, height, width)
    cv2 = opencv()
    pixels = image.permute(1, 2, 0).contiguous().numpy()
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(pixels, matrix, (width, height), None, flags, cv2.BORDER_REPLICATE)
    return torch.from_numpy(warped).permute(2, 0, 1)


def warp_bicubic(image: Tensor, matrix: Matrix, height: int, width: int) -> Tensor:
    """`warp` in torch, on any device."""
    rows, columns, weights = _taps(matrix, height, width, image)
    flat = image.flatten(1).int()
    total = torch.full((3, height * width), 1 << (_BITS - 1), dtype=torch.int32, device=image.device)
    for down in range(4):
        for across in range(4):
            pixel = rows[:, down] * image.shape[2] + columns[:, across]
            total += flat[:, pixel] * weights[:, down, across]
    return (total >> _BITS).clamp_(0, 255).to(torch.uint8).reshape(3, height, width)


def _taps(matrix: Matrix, height: int, width: int, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows and columns int64 [h*w, 4] of the 16 pixels around each position, and their weights int32 [h*w, 4, 4]."""
    y_axis, x_axis = (torch.arange(side, device=image.device, dtype=torch.float64) for side in (height, width))
    y, x = torch.meshgrid(y_axis, x_axis, indexing="ij")
    to_x, to_y, to_depth = ((a * x + b * y + c).flatten() for a, b, c in matrix.tolist())
    across, down = (torch.round(position * (_STEPS / to_depth)).long() for position in (to_x, to_y))
    around = torch.arange(-1, 3, device=image.device)
    rows = ((down >> 5)[:, None] + around).clamp_(0, image.shape[1] - 1)
    columns = ((across >> 5)[:, None] + around).clamp_(0, image.shape[2] - 1)
    return rows, columns, _weights_on(image.device)[down % _STEPS, across % _STEPS]


@cache
def _weights_on(device: torch.device) -> Tensor:
    """`_cubic_weights` where the pixels are, uploaded once: each upload makes the host wait for the device."""
    return torch.from_numpy(_cubic_weights()).to(device)


@cache
def _cubic_weights() -> NDArray[np.int32]:
    """int32 [32, 32, 4, 4] by the fraction down and across. Each sums to 32768: what rounding left over goes to the
    largest, and what it gave too much comes off the least, of the four pixels behind the position."""
    x, a = np.arange(_STEPS, dtype=np.float32) / np.float32(_STEPS), _SHARPNESS
    outer = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    before, behind = (((a + 2) * t - (a + 3)) * t * t + 1 for t in (x, 1 - x))
    taps = np.stack([outer, before, behind, 1 - outer - before - behind], axis=1)
    exact = taps[:, None, :, None] * taps[None, :, None, :] * np.float32(1 << _BITS)
    weights: NDArray[np.int32] = np.rint(exact).astype(np.int32)
    for table in weights.reshape(-1, 4, 4):
        rest = (1 << _BITS) - table.sum()
        behind_position = table[2:, 2:]
        adjusted = behind_position.argmax() if rest > 0 else behind_position.argmin()
        behind_position[np.unravel_index(adjusted, (2, 2))] += rest
    return weights
