"""Luma as a video file holds it: the one plane that libvmaf, XPSNR, PSNR-Y, SSIM-Y and MS-SSIM-Y look at.

Y = 16 + 219 / 255 (0.2126 R + 0.7152 G + 0.0722 B), the limited range of Rec. ITU-R BT.709, rounded to 8 bits. Where a
BT.709 video was read without clipping a colour, it is the file's own plane, to the last bit: R, G and B of 8 bits are
at most half a level off, and what they add up to is less.
"""

from __future__ import annotations

import torch
from torch import Tensor

_WEIGHTS, _SUM = (2126, 7152, 722), 10_000
"""R, G and B in the luma of BT.709, in ten-thousandths."""
_BLACK, _STEPS = 16, 219
"""The limited range: the level of black, and so many levels up to white."""


def luma(frames: Tensor) -> Tensor:
    """[N, 3, H, W] in 0..255 -> uint8 [N, H, W]: in integers, the same on every device.

    Floats are rounded to 8 bits first. A NaN counts as black; `is_unknown` tells of it.
    """
    grey = frames if frames.dtype == torch.uint8 else frames.nan_to_num().clamp(0, 255).round()
    red, green, blue = grey.to(torch.int32).unbind(1)
    full_range = _WEIGHTS[0] * red + _WEIGHTS[1] * green + _WEIGHTS[2] * blue
    levels = (_STEPS * full_range + 255 * _SUM // 2).div(255 * _SUM, rounding_mode="floor")
    return (_BLACK + levels).to(torch.uint8)


def is_unknown(reference: Tensor, distorted: Tensor) -> Tensor:
    """bool [N]: the frames where a pixel of either is NaN."""
    return (reference.isnan() | distorted.isnan()).flatten(1).any(1)


def both_as_luma(reference: Tensor, distorted: Tensor) -> tuple[Tensor, Tensor]:
    """Both as one plane, [N, 1, H, W] of their dtype; in floats a NaN pixel stays one."""
    return _as_plane(reference), _as_plane(distorted)


def _as_plane(frames: Tensor) -> Tensor:
    plane = luma(frames)[:, None]
    if frames.dtype == torch.uint8:
        return plane
    unknown = frames.isnan().any(1, keepdim=True)
    return plane.to(frames.dtype).masked_fill(unknown, torch.nan)
