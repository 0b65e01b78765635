"""Entropy models whose quantiser step is a number that the point chooses: networks of one checkpoint code at any rate.

The latent is multiplied by a scale, the inverse of the step, before it is rounded. What a symbol stands for is moved
towards zero by an offset that a small network predicts from the symbol's standard deviation and the scale. So

    symbol = round(y s - mean s)        value = (|symbol| - offset) / s with the symbol's sign, plus mean

Kamisli, Racape, Choi 2024, "Variable-Rate Learned Image Compression with Multi-Objective Optimization and
Quantization-Reconstruction Offsets", https://arxiv.org/abs/2402.18930. The arithmetic is CompressAI's, step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.codecs.learned.arithmetic import one_thread
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian, bits_of, rounded

SMALLEST_MOVED = 1e-4
"""Magnitudes below it, which are those of the symbol 0, have no offset: CompressAI's bound."""


@dataclass(frozen=True, eq=False)
class ScaledBottleneck(Bottleneck):
    """CompressAI's EntropyBottleneckVbr. `tables` are those of the step; symbols are round((z - median) / step).

    step:  float32, without dimensions, on the model's device.
    """

    step: Tensor

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


@dataclass(frozen=True, eq=False)
class ScaledGaussian(Gaussian):
    """CompressAI's GaussianConditional of the latent times a scale. Scales and means are those of the latent itself.

    scale:    float32, without dimensions, on the model's device.
    offsets:  standard deviation and scale, float32 [..., 2] -> what magnitudes grow by, [..., 1]: below 0 as a rule.
    """

    scale: Tensor
    offsets: Callable[[Tensor], Tensor]

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
        """See `Gaussian`. Each frame's offsets are computed alone, so that the batch cannot change them."""
        whole = symbols.float()
        with one_thread(whole.device):
            offsets = torch.cat([self._offsets(frame) for frame in torch.split(scales, 1)])
        magnitudes = whole.abs()
        moved = magnitudes + offsets.masked_fill(magnitudes < SMALLEST_MOVED, 0)
        values = torch.sign(whole) * moved * (1.0 / self.scale)
        return values if means is None else values + means

    def _offsets(self, scales: Tensor) -> Tensor:
        deviations: Tensor = self.model.lower_bound_scale(scales * self.scale)[..., None]
        both = torch.cat((deviations, self.scale.expand(deviations.shape)), dim=-1)
        return -1 * self.offsets(both).squeeze(-1)

    def _scaled(self, means: Tensor | None) -> Tensor | None:
        return None if means is None else means * self.scale
