"""The steps of a pass over a latent as a table on the device, all of one length: what a CUDA graph can step through.

A graph has one shape, but the steps of a wavefront order differ in length. So every step is as long as the longest, and
what is too much of it works on a spare position, in a row of its own below the latent, which no real position sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.learned.context_fixed import FixedContext, FixedLatentState
from ahc_stream.codecs.learned.wavefront import ORDERS, Positions


@dataclass(frozen=True, eq=False)
class StepTable:
    """A latent state with a spare row, the positions of its steps, and how far the pass is.

    state:      over B latents of h + 1 rows.
    positions:  int64 [steps + 1, n], filled up with the spare position h w; the last row holds nothing else.
    lengths:    how many positions of each step are real.
    counter:    int64 [1], the step that comes next.
    shape:      of the latents without the spare row: (B, M, h, w).
    """

    state: FixedLatentState
    positions: Tensor
    lengths: tuple[int, ...]
    counter: Tensor
    shape: tuple[int, int, int, int]

    @classmethod
    def of(cls, context: FixedContext, hyper: torch.Size, order: str, device: torch.device) -> StepTable:
        """For what the hyperprior says, of shape [B, 2M, h, w]."""
        batch, channels, height, width = hyper
        steps = [step for group in ORDERS[order](height, width) for step in group]
        lengths = tuple(len(step) for step in steps)
        positions = torch.full((len(steps) + 1, max(lengths)), height * width)
        for number, step in enumerate(steps):
            positions[number, : len(step)] = step
        state = context.begin(torch.zeros(batch, channels, height + 1, width, device=device))
        counter = torch.zeros(1, dtype=torch.int64, device=device)
        return cls(state, positions.to(device), lengths, counter, (batch, context.channels, height, width))

    def restart(self, hyper: Tensor) -> None:
        """Nothing is known, and the first step comes next. hyper: of B latents, or of fewer: zeros are the others."""
        missing = self.shape[0] - len(hyper)
        self.state.restart(F.pad(hyper, (0, 0, 0, 1, 0, 0, 0, missing)))
        self.counter.zero_()

    def next(self) -> Positions:
        """The positions of the step that comes next, int64 [n]."""
        return self.positions.index_select(0, self.counter)[0]

    def parameters(self, positions: Positions) -> tuple[Tensor, Tensor]:
        """Scales and means, float32 [B, n, M]."""
        return self.state.parameters(positions, self.state.above(positions))

    def buffer(self, positions: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Zeros [B, positions, M]."""
        return torch.zeros(self.shape[0], positions, self.shape[1], dtype=dtype, device=self.counter.device)

    @property
    def nbytes(self) -> int:
        """Of the state, which is nearly all."""
        return self.state.nbytes + self.positions.nbytes

    @property
    def values(self) -> Tensor:
        """What is known, without the spare row: float32 [B, M, h, w]."""
        return self.state.values[:, :, : self.shape[2]].contiguous()
