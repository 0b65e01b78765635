"""Which frames of a clip a video classifier looks at."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Windows:
    """Windows of frames that lie whole within a clip, from its first frame on.

    length:  frames of one window.
    step:    every step-th frame belongs to it.
    stride:  frames of the clip from the start of one window to the next.
    least:   fewest frames that the network can take.
    """

    length: int
    step: int
    stride: int
    least: int

    @property
    def wanted(self) -> int:
        """Frames that a clip should have, so that windows side by side fill it."""
        return max(self.length * self.step, self.stride)

    def of(self, frames: int, begins: bool) -> Tensor:
        """int64 [windows, K]: the frames of each window in a clip of so many frames; K is `length`.

        A shorter clip has no window, unless it `begins` its video. Then it is all there is, or all that an encoder was
        given at once, and is one window of K < length; fewer frames than `least` are gone through again.
        """
        starts = range(0, frames - (self.length - 1) * self.step, self.stride)
        if len(starts):
            return torch.tensor(starts)[:, None] + torch.arange(self.length) * self.step
        if not begins:
            return torch.empty((0, self.length), dtype=torch.int64)
        there = torch.arange(0, frames, self.step)
        return there[torch.arange(max(len(there), self.least)) % len(there)][None]
