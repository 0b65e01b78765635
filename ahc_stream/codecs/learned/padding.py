"""Any picture size for networks that take multiples of 64 or 128: pad before, crop after."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class PicturePadding:
    """Centred zeros around a picture of `height` x `width`, up to multiples of `multiple`.

    The left and the top get the smaller half, as in CompressAI's codec example, so that our streams are its streams.
    """

    height: int
    width: int
    multiple: int

    @property
    def padded(self) -> tuple[int, int]:
        """Height and width of the padded picture."""
        return self.height + self._extra(self.height), self.width + self._extra(self.width)

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Pixels added on the left, right, top and bottom: the order of torch's `pad`."""
        across, down = self._extra(self.width), self._extra(self.height)
        return across // 2, across - across // 2, down // 2, down - down // 2

    def _extra(self, size: int) -> int:
        return -size % self.multiple

    def to_network(self, frames: Tensor) -> Tensor:
        """uint8 [N, 3, height, width] -> float32 [N, 3, *padded] in 0..1, contiguous.

        Convolutions sum in another order where channels are last in memory: the layout of a picture must not reach
        them.
        """
        return F.pad(frames.contiguous().to(torch.float32) / 255, self.sides)

    def to_frames(self, pictures: Tensor) -> Tensor:
        """float [N, 3, *padded] -> uint8 [N, 3, height, width]: cropped, clamped to 0..1, rounded half to even."""
        left, _, top, _ = self.sides
        cropped = pictures[..., top : top + self.height, left : left + self.width]
        return cropped.clamp(0, 1).mul(255).round().to(torch.uint8)
