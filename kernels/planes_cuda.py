"""Planes as the metric kernels read them: rows of whole quads, four pixels that are loaded at once.

Every stride is counted in quads, so a kernel knows that each row begins at one, whatever the sizes; Triton then loads
wide, and compiles once for all sizes. Frames that are laid out otherwise (channels last, every second column, a width
of no whole quads) are copied first: one more read and write of all pixels, where reading them as they lie would take a
byte at a time, over and over.
"""

# Triton reads an annotation as a type of its own, so a kernel's arguments have none but for its constants.
# mypy: disallow-untyped-defs=false, disallow-incomplete-defs=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import ALIGNMENT, SIZES, launch

QUAD = 4


def in_quads(frames: Tensor) -> Tensor:
    """The same [N, C, H, W], in rows of whole quads. A last quad is filled with zeros."""
    width = frames.shape[3]
    whole = not width % QUAD and not any(stride % QUAD for stride in frames.stride()[:3])
    if whole and frames.stride(3) == 1 and not frames.data_ptr() % ALIGNMENT:
        return frames
    copy = frames.new_zeros(*frames.shape[:3], _padded(width))
    copy[..., :width] = frames
    return copy[..., :width]


def empty_pair(like: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Two float32 [N, C, height, width] in rows of whole quads, of the frames and channels of `like`."""
    pair = torch.empty((2, *like.shape[:2], height, _padded(width)), dtype=torch.float32, device=like.device)
    return pair[0, ..., :width], pair[1, ..., :width]


def quad_strides(frames: Tensor) -> tuple[int, int, int]:
    """Of frames, channels and rows, in quads. A dimension of length 1 is never stepped along."""
    frame, channel, row = (stride // QUAD for stride in frames.stride()[:3])
    return frame, channel, row


def plane_strides(frames: Tensor) -> tuple[int, int, int]:
    """Of frames, channels and rows, in quads, to a kernel that counts planes in threes: where a frame has one plane, a
    third of such a frame is a frame."""
    frame, channel, row = quad_strides(frames)
    return (3 * frame, frame, row) if frames.shape[1] == 1 else (frame, channel, row)


def _padded(width: int) -> int:
    return -(-width // QUAD) * QUAD


def empty_parts(scales: int, planes: int, lanes: int, device: torch.device) -> Tensor:
    """float32 zeros [scales, 2, planes, lanes or a few more]: two sums of each lane, where a scale begins at a quad."""
    return torch.zeros((scales, 2, planes, _padded(lanes)), dtype=torch.float32, device=device)


def totals(parts: Tensor) -> Tensor:
    """float64 [...]: sums of float32 [..., count] along the last dimension, in an order that `count` alone decides."""
    sums = torch.empty(parts.shape[:-1], dtype=torch.float64, device=parts.device)
    if sums.numel():
        launch(_totals, (sums.numel(),), parts, sums, parts.shape[-1], BLOCK=2048, num_warps=8)
    return sums


@triton.jit(do_not_specialize=SIZES)
def _totals(parts, sums, count, BLOCK: tl.constexpr):
    """One program adds one row up."""
    parts += tl.program_id(0).to(tl.int64) * count
    at = tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), tl.float64)
    for first in range(0, count, BLOCK):
        total += tl.load(parts + first + at, mask=first + at < count, other=0).to(tl.float64)
    tl.store(sums + tl.program_id(0), tl.sum(total))
