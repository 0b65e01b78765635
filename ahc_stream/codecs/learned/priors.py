"""Entropy models at work: latents to symbols, indexes and strings, and back.

`Bottleneck` and `Gaussian` wrap CompressAI's two entropy models; their float arithmetic is CompressAI's, so that the
strings are those of `model.compress()`. `FactorizedPrior` and `Hyperprior` combine them into what one latent needs.
Symbols and indexes are computed on the latent's device and cross to the CPU once per call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import LARGEST_SYMBOL, Coder, Tables
from ahc_stream.codecs.learned.arithmetic import FLOAT32, one_thread
from ahc_stream.core.errors import CodecError

if TYPE_CHECKING:
    from compressai.entropy_models import EntropyBottleneck, GaussianConditional


@dataclass(frozen=True, eq=False)
class Coded:
    """One frame's latent, as it went into the coder or came out of it.

    strings:  what the coder wrote, in the order of CompressAI's lists: y, then z.
    symbols:  int32 [n] on the CPU, all of them, in the order of the strings.
    values:   float32 [1, C, h, w], the quantised latent that the synthesis transform takes.
    bits:     the model's estimate, -log2 of the symbols' likelihoods; None after decoding.
    """

    strings: tuple[bytes, ...]
    symbols: Tensor
    values: Tensor
    bits: float | None = None


class Prior(Protocol):
    """Codes the latent y of an image model.

    stride:   pixels, per side, for one position of the latent that is decoded first.
    strings:  how many strings one frame has.
    terms:    what else a header says about how the latent is coded: the arithmetic, and the order where there are two.
    encode:   y float32 [B, C, h, w] -> one Coded per frame.
    decode:   the frames' strings and the shape (h, w) of the latent that is decoded first -> one Coded per frame.
    """

    @property
    def stride(self) -> int: ...

    @property
    def strings(self) -> int: ...

    @property
    def terms(self) -> Mapping[str, str]: ...

    def encode(self, latent: Tensor) -> list[Coded]: ...

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[Coded]: ...


def to_host(tensor: Tensor) -> Tensor:
    """A copy on the CPU; from a GPU through pinned memory, in one transfer."""
    if tensor.device.type == "cpu":
        return tensor
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True).copy_(tensor)


def rounded(values: Tensor) -> Tensor:
    """float -> int32, half to even. Raises CodecError where a network has left the range of a coder, or of numbers."""
    whole = torch.round(values)
    if not bool((whole.abs() <= LARGEST_SYMBOL).all()):  # false for NaN too
        got = f"values up to {float(values.abs().max())}"
        raise CodecError(f"latents within {LARGEST_SYMBOL}", got, "this model fails on this picture: leave one out")
    return whole.int()


def bits_of(likelihoods: Tensor) -> Tensor:
    """-log2 of likelihoods [B, ...], bounded below at 1e-9 as CompressAI's forward() does; float64 [B].

    The likelihoods are those of the symbols that are really coded, under the parameters that the decoder has. forward()
    differs for autoregressive models: it quantises y without its mean, and feeds that to the context model.
    """
    return -torch.log2(likelihoods.clamp(min=1e-9).double()).flatten(1).sum(1)


@dataclass(frozen=True, eq=False)
class Bottleneck:
    """CompressAI's EntropyBottleneck: every channel has its own table. Symbols are round(z - median)."""

    model: EntropyBottleneck
    tables: Tables
    coder: Coder

    def symbols(self, latent: Tensor) -> Tensor:
        """float [B, C, h, w] -> int32 of that shape."""
        return rounded(latent - self._medians)

    def values(self, symbols: Tensor) -> Tensor:
        """int32 [B, C, h, w] -> the float32 values that they stand for."""
        return symbols.type_as(self._medians) + self._medians

    def bits(self, values: Tensor) -> Tensor:
        """The estimate for dequantised values: float64 [B]."""
        by_channel = values.transpose(0, 1)
        likelihoods, _, _ = self.model._likelihood(by_channel.flatten(1)[:, None])
        return bits_of(likelihoods.view_as(by_channel).transpose(0, 1))

    def encode(self, symbols: Tensor) -> list[bytes]:
        """int32 [B, C, h, w] on the CPU -> B strings."""
        return self.coder.encode(symbols.flatten(1), self._indexes(symbols.shape), self.tables)

    def decode(self, strings: Sequence[bytes], shape: tuple[int, int]) -> Tensor:
        """B strings -> int32 [B, C, *shape] on the CPU."""
        full = torch.Size((len(strings), len(self.tables.rows), *shape))
        return self.coder.decode(strings, self._indexes(full), self.tables).view(full)

    def _indexes(self, shape: torch.Size) -> Tensor:
        channels = torch.arange(shape[1], dtype=torch.int32)
        return channels[None, :, None].expand(shape[0], -1, shape[2] * shape[3]).flatten(1)

    @property
    def _medians(self) -> Tensor:
        return self.model._get_medians()


@dataclass(frozen=True, eq=False)
class Gaussian:
    """CompressAI's GaussianConditional: a table per scale, 64 of them. Symbols are round(y - mean)."""

    model: GaussianConditional
    tables: Tables
    coder: Coder

    def symbols(self, latent: Tensor, means: Tensor | None) -> Tensor:
        """float latents and their means, of one shape -> int32."""
        return rounded(latent if means is None else latent - means)

    def values(self, symbols: Tensor, means: Tensor | None) -> Tensor:
        """int32 -> the float32 values that they stand for."""
        return symbols.float() if means is None else symbols.type_as(means) + means

    def indexes(self, scales: Tensor) -> Tensor:
        """float scales -> int32 rows of the tables: the first whose scale is not smaller.

        `build_indexes` compares with one scale after another; this is the same in one step.
        """
        table = self.model.scale_table
        return torch.bucketize(self.model.lower_bound_scale(scales), table[:-1], out_int32=True)

    def bits(self, values: Tensor, scales: Tensor, means: Tensor | None) -> Tensor:
        """The estimate for dequantised values: float64 [B]."""
        return bits_of(self.model._likelihood(values, scales, means))


@dataclass(frozen=True, eq=False)
class FactorizedPrior:
    """One string per frame: y through a bottleneck."""

    bottleneck: Bottleneck
    stride: int = 16
    strings: int = 1

    @property
    def terms(self) -> Mapping[str, str]:
        """See `Prior`."""
        return FLOAT32

    def encode(self, latent: Tensor) -> list[Coded]:
        """See `Prior`."""
        symbols = self.bottleneck.symbols(latent)
        values, host = self.bottleneck.values(symbols), to_host(symbols)
        strings, bits = self.bottleneck.encode(host), self.bottleneck.bits(values).tolist()
        return [Coded((strings[i],), host[i].flatten(), values[i : i + 1], bits[i]) for i in range(len(latent))]

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[Coded]:
        """See `Prior`."""
        host = self.bottleneck.decode([each[0] for each in strings], shape)
        values = self.bottleneck.values(host.to(self.bottleneck.model.quantiles.device))
        return [Coded(strings[i], host[i].flatten(), values[i : i + 1]) for i in range(len(strings))]


Parameters = tuple[Tensor, Tensor | None]
"""Scales and, where the model has them, means: float32 [1, C, h, w]."""


@dataclass(frozen=True, eq=False)
class Hyperprior:
    """Two strings per frame: z through a bottleneck, then y under the Gaussians that z predicts.

    analyse:  y [B, C, h, w] -> z.
    predict:  z values [1, ...] -> parameters of y. Called frame by frame on both sides: see `arithmetic`.
    """

    bottleneck: Bottleneck
    gaussian: Gaussian
    analyse: Callable[[Tensor], Tensor]
    predict: Callable[[Tensor], Parameters]
    stride: int = 64
    strings: int = 2

    @property
    def terms(self) -> Mapping[str, str]:
        """See `Prior`."""
        return FLOAT32

    def encode(self, latent: Tensor) -> list[Coded]:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.analyse(latent))
        z_values = self.bottleneck.values(z_symbols)
        scales, means = self._parameters(z_values)
        symbols = self.gaussian.symbols(latent, means)
        values = self.gaussian.values(symbols, means)
        y, z, indexes = (to_host(part.flatten(1)) for part in (symbols, z_symbols, self.gaussian.indexes(scales)))
        y_strings = self.gaussian.coder.encode(y, indexes, self.gaussian.tables)
        z_strings = self.bottleneck.encode(z.view(z_symbols.shape))
        bits = (self.gaussian.bits(values, scales, means) + self.bottleneck.bits(z_values)).tolist()
        return [
            Coded((y_strings[i], z_strings[i]), torch.cat([y[i], z[i]]), values[i : i + 1], bits[i])
            for i in range(len(latent))
        ]

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[Coded]:
        """See `Prior`."""
        z = self.bottleneck.decode([z_string for _, z_string in strings], shape)
        device = self.bottleneck.model.quantiles.device
        scales, means = self._parameters(self.bottleneck.values(z.to(device)))
        indexes = to_host(self.gaussian.indexes(scales).flatten(1))
        y = self.gaussian.coder.decode([y_string for y_string, _ in strings], indexes, self.gaussian.tables)
        values = self.gaussian.values(y.view(scales.shape).to(device), means)
        return [Coded(strings[i], torch.cat([y[i], z[i].flatten()]), values[i : i + 1]) for i in range(len(strings))]

    def _parameters(self, z_values: Tensor) -> Parameters:
        """The parameters of all frames, each computed alone so that the batch cannot change them."""
        with one_thread(z_values.device):
            scales, means = zip(*(self.predict(frame) for frame in z_values.split(1)), strict=True)
        return torch.cat(scales), None if means[0] is None else torch.cat(means)
