"""The context networks in float64: products with one order of summation, for a whole step of all images at once.

It is fast, and the default. Scales and means are rounded to float32 at the end. They differ from CompressAI's by its
rounding errors, some 1e-6; where a symbol lies on the edge between two integers, or a scale between two tables, the
string is another one than CompressAI's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.learned.wavefront import KERNEL, REACH, Positions
from ahc_stream.kernels.fixed_product import FixedProduct

if TYPE_CHECKING:
    from compressai.models import JointAutoregressiveHierarchicalPriors as Network


class FixedContext:
    """See `Context`. The weights are copied: make it after their last change."""

    def __init__(self, network: Network, shift: Tensor | None = None) -> None:
        """shift: what is added to all that the context says, float32 [2M]."""
        first, second, third = (layer for layer in network.entropy_parameters if hasattr(layer, "weight"))
        self.slopes = [layer.negative_slope for layer in network.entropy_parameters if hasattr(layer, "negative_slope")]
        self.channels: int = network.M
        taps = network.context_prediction.weight.permute(2, 3, 1, 0)  # [5, 5, M, 2M]
        layers = network.context_prediction, first, second, third
        self.seen_bias, self.first_bias, self.second_bias, self.third_bias = (layer.bias.double() for layer in layers)
        if shift is not None:
            self.seen_bias = self.seen_bias + shift.double()
        self.above = FixedProduct(taps[:REACH].flatten(0, 2))
        self.left = FixedProduct(taps[REACH, :REACH].flatten(0, 1))
        hyper, seen = first.weight.flatten(1).T.split(2 * network.M)
        self.from_hyper, self.from_seen = FixedProduct(hyper), FixedProduct(seen)
        self.second, self.third = (FixedProduct(layer.weight.flatten(1).T) for layer in (second, third))

    def begin(self, hyper: Tensor) -> FixedLatentState:
        """See `Context`."""
        return FixedLatentState(self, hyper)


class FixedLatentState:
    """See `LatentState`; float64, channels last."""

    def __init__(self, context: FixedContext, hyper: Tensor) -> None:
        batch, _, height, width = hyper.shape
        self._context, self._batch, self._width = context, batch, width
        self._hyper = self._first_layer(hyper)
        shape = (batch, height + REACH, width + 2 * REACH, context.channels)
        self._known = torch.zeros(shape, dtype=torch.float64, device=hyper.device)
        self._above = self._windows(REACH, KERNEL, height)
        self._left = self._windows(1, REACH, height)

    def restart(self, hyper: Tensor) -> None:
        """The state of other images of the same shape, in the same memory."""
        self._hyper.copy_(self._first_layer(hyper))
        self._known.zero_()

    @property
    def nbytes(self) -> int:
        """Of what it holds."""
        return self._hyper.nbytes + self._known.nbytes

    def _first_layer(self, hyper: Tensor) -> Tensor:
        """What the hyperprior adds to the first layer: float64 [B, h w, ...]."""
        rows = hyper.permute(0, 2, 3, 1).flatten(0, 2).double()
        sums = self._context.from_hyper(rows, self._context.first_bias)
        return sums.view(len(hyper), -1, self._context.first_bias.numel())

    def _windows(self, rows: int, columns: int, height: int) -> Tensor:
        """What each position sees in the `rows` that end with its own or the one above: [B, h, w, rows, columns * M].

        A view of what is known, no copy. It begins REACH columns to the left; the padding is REACH wide there too.
        """
        down, across = self._known.stride()[1:3]
        start = 0 if rows > 1 else REACH * down
        shape = (self._batch, height, self._width, rows, columns * self._context.channels)
        return self._known.as_strided(shape, (self._known.stride(0), down, across, down, 1), start)

    def above(self, positions: Positions) -> Tensor:
        """See `LatentState`: float64 [B, n, 2M], the convolution's sums so far."""
        seen = self._above[:, positions // self._width, positions % self._width].flatten(0, 1).flatten(1)
        return self._context.above(seen, self._context.seen_bias).view(self._batch, len(positions), -1)

    def parameters(self, positions: Positions, above: Tensor) -> tuple[Tensor, Tensor]:
        """See `LatentState`."""
        context = self._context
        left = self._left[:, positions // self._width, positions % self._width].flatten(0, 1).flatten(1)
        seen = context.left(left, above.flatten(0, 1))
        hidden = context.from_seen(seen, self._hyper[:, positions].flatten(0, 1))
        hidden = context.second(F.leaky_relu_(hidden, context.slopes[0]), context.second_bias)
        both = context.third(F.leaky_relu_(hidden, context.slopes[1]), context.third_bias)
        scales, means = both.float().view(self._batch, len(positions), -1).chunk(2, 2)
        return scales, means

    def put(self, positions: Positions, values: Tensor) -> None:
        """See `LatentState`."""
        self._known[:, REACH + positions // self._width, REACH + positions % self._width] = values.double()

    @property
    def values(self) -> Tensor:
        """See `LatentState`."""
        return self._known[:, REACH:, REACH:-REACH].permute(0, 3, 1, 2).float().contiguous()
