"""What an autoregressive model says about a position of the latent: CompressAI's networks, in two arithmetics.

A `Context` holds the networks, a `Walk` the latents of a batch while they become known. Positions not yet known hold
zeros, on both sides. Encoder and decoder must get the same numbers to the last bit, so neither arithmetic lets the
batch, the order of the walk or the threads into its sums.

float64   The masked convolution and the 1 x 1 layers as products with one order of summation (`FixedProduct`), for
          all positions of a step and all images at once. Fast, and the default. The means and scales are rounded to
          float32 at the end. They differ from CompressAI's by its rounding errors, some 1e-6; where a symbol lies on
          the edge between two integers, or a scale between two tables, its string is another one.
float32   CompressAI's own calls on CompressAI's own shapes, one position of one image at a time: what its strings were
          written with, and the only way to be sure to write and to read them. Slow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.learned.wave import KERNEL, REACH, Step
from ahc_stream.kernels.fixed_product import FixedProduct

if TYPE_CHECKING:
    from compressai.models import JointAutoregressiveHierarchicalPriors as Network


class Walk(Protocol):
    """The latents of B images of h x w positions and M channels, while they become known.

    above:       what the rows above say, [B, n, ...], for n positions whose rows above are known.
    parameters:  scales and means, float32 [B, n, M], of n positions whose context is known; takes their `above`.
    put:         makes n positions known: float32 [B, n, M].
    values:      what is known: float32 [B, M, h, w].
    """

    def above(self, positions: Step) -> Tensor: ...

    def parameters(self, positions: Step, above: Tensor) -> tuple[Tensor, Tensor]: ...

    def put(self, positions: Step, values: Tensor) -> None: ...

    @property
    def values(self) -> Tensor: ...


class FixedContext:
    """The networks as products with one order of summation. Weights are copied: make it after the last change."""

    def __init__(self, network: Network) -> None:
        first, second, third = (layer for layer in network.entropy_parameters if hasattr(layer, "weight"))
        self.slopes = [layer.negative_slope for layer in network.entropy_parameters if hasattr(layer, "negative_slope")]
        self.channels = network.M
        taps = network.context_prediction.weight.permute(2, 3, 1, 0)  # [5, 5, M, 2M]
        bias, *biases = (each.bias.double() for each in (network.context_prediction, first, second, third))
        self.seen_bias, (self.first_bias, self.second_bias, self.third_bias) = bias, biases
        self.above = FixedProduct(taps[:REACH].flatten(0, 2))
        self.left = FixedProduct(taps[REACH, :REACH].flatten(0, 1))
        hyper, seen = first.weight.flatten(1).T.split(2 * network.M)
        self.from_hyper, self.from_seen = FixedProduct(hyper), FixedProduct(seen)
        self.second, self.third = (FixedProduct(layer.weight.flatten(1).T) for layer in (second, third))

    def walk(self, hyper: Tensor) -> FixedWalk:
        """A walk over images whose hyperprior says float32 [B, 2M, h, w]."""
        return FixedWalk(self, hyper)


class FixedWalk:
    """See `Walk`; float64, channels last."""

    def __init__(self, context: FixedContext, hyper: Tensor) -> None:
        batch, _, height, width = hyper.shape
        self._context, self._batch, self._width = context, batch, width
        self._hyper = self._said(hyper)
        shape = (batch, height + REACH, width + 2 * REACH, context.channels)
        self._known = torch.zeros(shape, dtype=torch.float64, device=hyper.device)
        self._above = self._windows(REACH, KERNEL, height)
        self._left = self._windows(1, REACH, height)

    def restart(self, hyper: Tensor) -> None:
        """The walk over other images of the same shape, in the same memory."""
        self._hyper.copy_(self._said(hyper))
        self._known.zero_()

    def _said(self, hyper: Tensor) -> Tensor:
        """What the hyperprior adds to the first layer: float64 [B, h w, ...]."""
        rows = hyper.permute(0, 2, 3, 1).flatten(0, 2).double()
        return self._context.from_hyper(rows, self._context.first_bias).view(
            len(hyper), -1, self._context.first_bias.numel()
        )

    def _windows(self, rows: int, columns: int, height: int) -> Tensor:
        """What each position sees in the `rows` that end with its own or the one above: [B, h, w, rows, columns * M].

        A view of what is known, no copy. It begins REACH columns to the left; the padding is REACH wide there too.
        """
        down, across = self._known.stride()[1:3]
        start = 0 if rows > 1 else REACH * down
        shape = (self._batch, height, self._width, rows, columns * self._context.channels)
        return self._known.as_strided(shape, (self._known.stride(0), down, across, down, 1), start)

    def above(self, positions: Step) -> Tensor:
        """See `Walk`: float64 [B, n, 2M], the convolution's sums so far."""
        seen = self._above[:, positions // self._width, positions % self._width].flatten(0, 1).flatten(1)
        return self._context.above(seen, self._context.seen_bias).view(self._batch, len(positions), -1)

    def parameters(self, positions: Step, above: Tensor) -> tuple[Tensor, Tensor]:
        """See `Walk`."""
        context = self._context
        left = self._left[:, positions // self._width, positions % self._width].flatten(0, 1).flatten(1)
        seen = context.left(left, above.flatten(0, 1))
        hidden = context.from_seen(seen, self._hyper[:, positions].flatten(0, 1))
        hidden = context.second(F.leaky_relu_(hidden, context.slopes[0]), context.second_bias)
        both = context.third(F.leaky_relu_(hidden, context.slopes[1]), context.third_bias)
        scales, means = both.float().view(self._batch, len(positions), -1).chunk(2, 2)
        return scales, means

    def put(self, positions: Step, values: Tensor) -> None:
        """See `Walk`."""
        self._known[:, REACH + positions // self._width, REACH + positions % self._width] = values.double()

    @property
    def values(self) -> Tensor:
        """See `Walk`."""
        return self._known[:, REACH:, REACH:-REACH].permute(0, 3, 1, 2).float().contiguous()


class CompressaiContext:
    """The networks as CompressAI calls them."""

    def __init__(self, network: Network) -> None:
        convolution = network.context_prediction
        self.weight, self.bias = convolution.weight * convolution.mask, convolution.bias
        self.entropy_parameters, self.channels = network.entropy_parameters, network.M

    def walk(self, hyper: Tensor) -> CompressaiWalk:
        """A walk over images whose hyperprior says float32 [B, 2M, h, w]."""
        return CompressaiWalk(self, hyper)


class CompressaiWalk:
    """See `Walk`; float32, one position of one image at a time."""

    def __init__(self, context: CompressaiContext, hyper: Tensor) -> None:
        self._context, self._hyper = context, hyper
        batch, _, height, width = hyper.shape
        shape = (batch, context.channels, height + 2 * REACH, width + 2 * REACH)
        self._known = torch.zeros(shape, device=hyper.device)

    def above(self, positions: Step) -> Tensor:
        """Nothing: CompressAI's convolution takes the whole context at once. float32 [B, n, 0]."""
        return self._hyper.new_empty(len(self._hyper), len(positions), 0)

    def parameters(self, positions: Step, above: Tensor) -> tuple[Tensor, Tensor]:
        """See `Walk`."""
        places = [divmod(position, self._hyper.shape[3]) for position in positions.tolist()]
        images = zip(self._known.split(1), self._hyper.split(1), strict=True)
        scales, means = torch.stack(
            [torch.stack([self._here(*image, h, w) for h, w in places]) for image in images]
        ).chunk(2, 2)
        return scales, means

    def _here(self, known: Tensor, hyper: Tensor, h: int, w: int) -> Tensor:
        """Scales and means of one position, float32 [2M]."""
        patch = known[..., h : h + KERNEL, w : w + KERNEL]
        seen = F.conv2d(patch, self._context.weight, self._context.bias)
        return self._context.entropy_parameters(torch.cat((hyper[..., h : h + 1, w : w + 1], seen), dim=1)).flatten()

    def put(self, positions: Step, values: Tensor) -> None:
        """See `Walk`."""
        width = self._hyper.shape[3]
        self._known[:, :, REACH + positions // width, REACH + positions % width] = values.transpose(1, 2)

    @property
    def values(self) -> Tensor:
        """See `Walk`."""
        return self._known[..., REACH:-REACH, REACH:-REACH]


class Context(Protocol):
    """The networks behind a walk."""

    def walk(self, hyper: Tensor) -> Walk: ...


CONTEXTS: Mapping[str, Callable[[Any], Context]] = {"float64": FixedContext, "float32": CompressaiContext}
"""By the name of their arithmetic in an operating point and a header."""
