"""Entropy models whose quantiser step is a number that the point chooses: networks of one checkpoint code at any rate.

The latent is multiplied by a scale, the inverse of the step, before it is rounded. What a symbol stands for is moved
towards zero by an offset that a small network predicts from the symbol's standard deviation and the scale. So

    symbol = round(y s - mean s)        value = (|symbol| - offset) / s with the symbol's sign, plus mean

Kamisli, Racape, Choi 2024, "Variable-Rate Learned Image Compression with Multi-Objective Optimization and
Quantization-Reconstruction Offsets", https://arxiv.org/abs/2402.18930. The arithmetic is CompressAI's, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.arithmetic import one_thread
from ahc_stream.codecs.learned.checkpoint import State
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian, bits_of, rounded
from ahc_stream.kernels.fixed_product import FixedProduct

SMALLEST_MOVED = 1e-4
"""Magnitudes below it, which are those of the symbol 0, have no offset: CompressAI's bound."""


@dataclass(frozen=True, eq=False)
class ScaledBottleneck(Bottleneck):
    """CompressAI's EntropyBottleneckVbr. `tables` are those of the step; symbols are round((z - median) / step).

    step:  float32, without dimensions, on the model's device.
    """

    step: Tensor

    @classmethod
    def of(cls, bottleneck: Bottleneck, step: Tensor) -> ScaledBottleneck:
        """The same bottleneck at a step: its module is an EntropyBottleneckVbr, with the tables of that step."""
        return cls(bottleneck.model, bottleneck.tables, bottleneck.coder, step)

    def symbols(self, latent: Tensor) -> Tensor:
        """See `Bottleneck`."""
        return rounded((latent - self._medians) / self.step)

    def values(self, symbols: Tensor) -> Tensor:
        """See `Bottleneck`."""
        return symbols.type_as(self._medians) * self.step + self._medians

    def bits(self, values: Tensor) -> Tensor:
        """See `Bottleneck`. CompressAI's `forward()` says another number: it takes a step of 1 for this."""
        by_channel = values.transpose(0, 1)
        likelihoods, _, _ = self.model._likelihood_variable(by_channel.flatten(1)[:, None], qs=self.step)
        return bits_of(likelihoods.view_as(by_channel).transpose(0, 1))


def without_tables(state: State, name: str) -> State:
    """A checkpoint without the tables of the EntropyBottleneckVbr of that name. They are made for each step anew,
    whatever step they were saved for, and CompressAI's class takes none from a checkpoint."""
    empty = {f"{name}.{table}": torch.IntTensor() for table in ("_offset", "_quantized_cdf", "_cdf_length")}
    return {**state, **empty}


Offsets = Callable[[Tensor], Tensor]
"""Standard deviations of the scaled latent, float32 -> what magnitudes of symbols grow by, of that shape: below 0 as a
rule. Nothing beside a frame, or a position, may change its offsets."""


@dataclass(frozen=True, eq=False)
class ScaledGaussian(Gaussian):
    """CompressAI's GaussianConditional of the latent times a scale. Scales and means are those of the latent itself.

    scale:  float32, without dimensions, on the model's device.
    """

    scale: Tensor
    offsets: Offsets

    @classmethod
    def of(cls, gaussian: Gaussian, scale: Tensor, offsets: Offsets) -> Self:
        """The same Gaussians of a latent that is scaled."""
        return cls(gaussian.model, gaussian.tables, gaussian.coder, scale, offsets)

    def symbols(self, latent: Tensor, means: Tensor | None) -> Tensor:
        """See `Gaussian`."""
        return super().symbols(latent * self.scale, self._scaled(means))

    def indexes(self, scales: Tensor) -> Tensor:
        """See `Gaussian`."""
        return super().indexes(scales * self.scale)

    def estimate(self, symbols: Tensor, scales: Tensor, means: Tensor | None) -> Tensor:
        """See `Gaussian`."""
        return super().estimate(symbols, scales * self.scale, self._scaled(means))

    def reconstruct(self, symbols: Tensor, scales: Tensor, means: Tensor | None) -> Tensor:
        """See `Gaussian`."""
        whole = symbols.float()
        magnitudes = whole.abs()
        offsets = self.offsets(self.model.lower_bound_scale(scales * self.scale))
        moved = magnitudes + offsets.masked_fill(magnitudes < SMALLEST_MOVED, 0)
        values = torch.sign(whole) * moved * (1.0 / self.scale)
        return values if means is None else values + means

    def _scaled(self, means: Tensor | None) -> Tensor | None:
        return None if means is None else means * self.scale


@dataclass(frozen=True, eq=False)
class CentredGaussian(ScaledGaussian):
    """The same where the mean is taken off before the latent is scaled: symbol = round((y - mean) s)."""

    def symbols(self, latent: Tensor, means: Tensor | None) -> Tensor:
        """See `Gaussian`."""
        return super().symbols(latent if means is None else latent - means, None)


@dataclass(frozen=True, eq=False)
class Float32Offsets:
    """Offsets as CompressAI computes them: by its own calls on its own shapes, one after the other in one thread.

    network:  standard deviation and scale, float32 [..., 2] -> what to take off, [..., 1].
    parts:    deviations -> those that go through the network together: `each_frame`, `each_position`.
    """

    network: Callable[[Tensor], Tensor]
    scale: Tensor
    parts: Callable[[Tensor], Sequence[Tensor]]

    def __call__(self, deviations: Tensor) -> Tensor:
        """See `Offsets`."""
        with one_thread(deviations.device):
            offsets = [self._of(part) for part in self.parts(deviations)]
        return torch.cat(offsets).view(deviations.shape)

    def _of(self, deviations: Tensor) -> Tensor:
        numbers = deviations[..., None]
        both = torch.cat((numbers, self.scale.expand(numbers.shape)), dim=-1)
        return -1 * self.network(both).squeeze(-1)


def each_frame(deviations: Tensor) -> Sequence[Tensor]:
    """[B, ...] -> B of [1, ...]."""
    return torch.split(deviations, 1)


def each_position(deviations: Tensor) -> Sequence[Tensor]:
    """[B, n, M], of n positions -> B n of [1, M]."""
    return torch.split(deviations.flatten(0, -2), 1)


class Float64Offsets:
    """Offsets by products with one order of summation, for everything at once; rounded to float32 at the end. The
    weights are copied."""

    def __init__(self, network: nn.Sequential, scale: Tensor) -> None:
        """network: see `Float32Offsets`; its layers are linear ones with rectifiers between them."""
        first, *others = (layer for layer in network if isinstance(layer, nn.Linear))
        of_deviation, of_scale = torch.split(first.weight.double(), 1, dim=1)
        self._weights, self._start = of_deviation.T, first.bias.double() + of_scale[:, 0] * scale.double()
        self._products = [FixedProduct(layer.weight.T) for layer in others]
        self._biases = [layer.bias.double() for layer in others]

    def __call__(self, deviations: Tensor) -> Tensor:
        """See `Offsets`."""
        sums = deviations.double().reshape(-1, 1) * self._weights + self._start
        for product, bias in zip(self._products, self._biases, strict=True):
            sums = product(torch.relu_(sums), bias)
        offsets: Tensor = -sums.float().view(deviations.shape)
        return offsets
