"""CompressAI's two entropy models at work: latents to symbols and indexes, and symbols to the values they stand for.

Their float arithmetic is CompressAI's, so that the strings are those of `model.compress()`. Symbols and indexes are
computed on the latent's device; `coding` has how they leave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.codecs.learned.coding import Message

if TYPE_CHECKING:
    from compressai.entropy_models import EntropyBottleneck, GaussianConditional

LEAST_LIKELIHOOD = 1e-9
"""CompressAI's `forward()` bounds likelihoods so."""


def rounded(values: Tensor) -> Tensor:
    """Whole numbers, half to even, as floats. None of them is -0.0, which a decoder could not have."""
    return torch.round(values) + 0.0


def bits_of(likelihoods: Tensor) -> Tensor:
    """-log2 of likelihoods [B, ...], bounded below by LEAST_LIKELIHOOD; float64 [B].

    The likelihoods are those of the symbols that are really coded, under the parameters that the decoder has.
    CompressAI's `forward()` differs for autoregressive models: it quantises y without its mean, and feeds that to the
    context model.
    """
    bits = -torch.log2(likelihoods.clamp(min=LEAST_LIKELIHOOD).double()).flatten(1)
    # Each frame's sum is one of its own: over a batch, torch adds in another order, and the last bit is another.
    return torch.stack([of_frame.sum() for of_frame in bits])


@dataclass(frozen=True, eq=False)
class Bottleneck:
    """CompressAI's EntropyBottleneck: every channel has its own table. Symbols are round(z - median)."""

    model: EntropyBottleneck
    tables: Tables
    coder: Coder

    @property
    def device(self) -> torch.device:
        """Where the model's parameters are."""
        return self._medians.device

    def symbols(self, latent: Tensor) -> Tensor:
        """float [B, C, h, w] -> whole numbers of that shape, as floats."""
        return rounded(latent - self._medians)

    def values(self, symbols: Tensor) -> Tensor:
        """Symbols [B, C, h, w], int32 or as floats -> the float32 values that they stand for."""
        return symbols.type_as(self._medians) + self._medians

    def bits(self, values: Tensor) -> Tensor:
        """The estimate for dequantised values: float64 [B]."""
        by_channel = values.transpose(0, 1)
        likelihoods, _, _ = self.model._likelihood(by_channel.flatten(1)[:, None])
        return bits_of(likelihoods.view_as(by_channel).transpose(0, 1))

    def message(self, symbols: Tensor) -> Message:
        """Symbols [B, C, h, w], as floats, to be coded."""
        return Message(symbols.flatten(1), self._indexes(symbols.shape), self.tables, self.coder)

    def decode(self, strings: Sequence[bytes], shape: tuple[int, int]) -> Tensor:
        """B strings -> int32 [B, C, *shape] on the CPU. Raises CodecError."""
        full = torch.Size((len(strings), len(self.tables.rows), *shape))
        return self.coder.decode(strings, self._indexes(full), self.tables).view(full)

    def _indexes(self, shape: torch.Size) -> Tensor:
        channels = torch.arange(shape[1], dtype=torch.int32)
        return channels[None, :, None].expand(shape[0], -1, shape[2] * shape[3]).flatten(1)

    @property
    def _medians(self) -> Tensor:
        medians: Tensor = self.model._get_medians()
        return medians


@dataclass(frozen=True, eq=False)
class Gaussian:
    """CompressAI's GaussianConditional: a table per scale, 64 of them. Symbols are round(y - mean)."""

    model: GaussianConditional
    tables: Tables
    coder: Coder

    def symbols(self, latent: Tensor, means: Tensor | None) -> Tensor:
        """float latents and their means, of one shape -> whole numbers, as floats."""
        return rounded(latent if means is None else latent - means)

    def values(self, symbols: Tensor, means: Tensor | None) -> Tensor:
        """Symbols, int32 or as floats -> the float32 values that they stand for."""
        return symbols.float() if means is None else symbols.type_as(means) + means

    def reconstruct(self, symbols: Tensor, scales: Tensor, means: Tensor | None) -> Tensor:
        """What the synthesis gets for symbols, int32 or as floats, under these parameters: float32."""
        return self.values(symbols, means)

    def estimate(self, symbols: Tensor, scales: Tensor, means: Tensor | None) -> Tensor:
        """The estimate for symbols, as floats, under these parameters: float64 [B]."""
        return self.bits(self.values(symbols, means), scales, means)

    def message(self, symbols: Tensor, indexes: Tensor) -> Message:
        """Symbols [B, ...], as floats, to be coded in that order, each under a row of the tables."""
        return Message(symbols.flatten(1), indexes.flatten(1), self.tables, self.coder)

    def indexes(self, scales: Tensor) -> Tensor:
        """float scales -> int32 rows of the tables: the first whose scale is not smaller.

        CompressAI's `build_indexes` compares with one scale after another; this is the same in one step.
        """
        table = self.model.scale_table
        return torch.bucketize(self.model.lower_bound_scale(scales), table[:-1], out_int32=True)

    def bits(self, values: Tensor, scales: Tensor, means: Tensor | None) -> Tensor:
        """The estimate for dequantised values: float64 [B]."""
        return bits_of(self.model._likelihood(values, scales, means))
