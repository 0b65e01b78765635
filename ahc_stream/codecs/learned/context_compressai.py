"""The context networks in float32, as CompressAI calls them: on its shapes, one position of one image at a time.

Its strings were written so, and only so are they sure to be read and written. It is slow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.learned.wavefront import KERNEL, REACH, Positions

if TYPE_CHECKING:
    from compressai.models import JointAutoregressiveHierarchicalPriors as Network


class CompressaiContext:
    """See `Context`."""

    def __init__(self, network: Network, shift: Tensor | None = None) -> None:
        """shift: what is added to all that the context says, float32 [2M]."""
        convolution = network.context_prediction
        self.shift = None if shift is None else shift.view(1, -1, 1, 1)
        self.weight, self.bias = convolution.weight * convolution.mask, convolution.bias
        self.entropy_parameters = network.entropy_parameters
        self.channels: int = network.M

    def begin(self, hyper: Tensor) -> CompressaiLatentState:
        """See `Context`."""
        return CompressaiLatentState(self, hyper)


class CompressaiLatentState:
    """See `LatentState`; float32, channels first, as CompressAI has it."""

    def __init__(self, context: CompressaiContext, hyper: Tensor) -> None:
        self._context, self._hyper = context, hyper
        batch, _, height, width = hyper.shape
        shape = (batch, context.channels, height + 2 * REACH, width + 2 * REACH)
        self._known = torch.zeros(shape, device=hyper.device)

    def above(self, positions: Positions) -> Tensor:
        """Nothing: CompressAI's convolution takes the whole context at once. float32 [B, n, 0]."""
        return self._hyper.new_empty(len(self._hyper), len(positions), 0)

    def parameters(self, positions: Positions, above: Tensor) -> tuple[Tensor, Tensor]:
        """See `LatentState`."""
        images = zip(torch.split(self._known, 1), torch.split(self._hyper, 1), strict=True)
        both = torch.stack([self._of_image(known, hyper, positions) for known, hyper in images])
        scales, means = both.chunk(2, 2)
        return scales, means

    def _of_image(self, known: Tensor, hyper: Tensor, positions: Positions) -> Tensor:
        """Scales and means of n positions of one image, float32 [n, 2M]."""
        width = hyper.shape[3]
        return torch.stack([self._at(known, hyper, *divmod(position, width)) for position in positions.tolist()])

    def _at(self, known: Tensor, hyper: Tensor, h: int, w: int) -> Tensor:
        """Scales and means of one position, float32 [2M]."""
        patch = known[..., h : h + KERNEL, w : w + KERNEL]
        seen = F.conv2d(patch, self._context.weight, self._context.bias)
        if self._context.shift is not None:
            seen = seen + self._context.shift
        both: Tensor = self._context.entropy_parameters(torch.cat((hyper[..., h : h + 1, w : w + 1], seen), dim=1))
        return both.flatten()

    def put(self, positions: Positions, values: Tensor) -> None:
        """See `LatentState`."""
        width = self._hyper.shape[3]
        self._known[:, :, REACH + positions // width, REACH + positions % width] = values.transpose(1, 2)

    @property
    def values(self) -> Tensor:
        """See `LatentState`."""
        return self._known[..., REACH:-REACH, REACH:-REACH]
