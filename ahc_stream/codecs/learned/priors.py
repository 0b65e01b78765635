"""What codes one latent of a frame: `FactorizedPrior` and `Hyperprior` put the entropy models together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ahc_stream.codecs.learned.arithmetic import FLOAT32, one_thread
from ahc_stream.codecs.learned.coding import CodedLatent, PendingLatents
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian
from ahc_stream.core.host import to_device, to_host


class Prior(Protocol):
    """Codes the latent y of an image model.

    stride:    pixels, per side, for one position of the latent that is decoded first.
    strings:   how many strings one frame has.
    numerics:  what else decides the symbols, as a header has it: the arithmetic, and the order where there are two.
    encode:    y float32 [B, C, h, w] -> its values at once, and one CodedLatent per frame once it is waited for.
    decode:    the frames' strings and the shape (h, w) of the latent that is decoded first -> one CodedLatent per
               frame. Raises CodecError.
    """

    @property
    def stride(self) -> int: ...

    @property
    def strings(self) -> int: ...

    @property
    def numerics(self) -> Mapping[str, str]: ...

    def encode(self, latent: Tensor) -> PendingLatents: ...

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[CodedLatent]: ...


@dataclass(frozen=True, eq=False)
class FactorizedPrior:
    """One string per frame: y through a bottleneck."""

    bottleneck: Bottleneck
    stride: int = 16
    strings: int = 1

    @property
    def numerics(self) -> Mapping[str, str]:
        """See `Prior`."""
        return FLOAT32

    def encode(self, latent: Tensor) -> PendingLatents:
        """See `Prior`."""
        symbols = self.bottleneck.symbols(latent)
        values = self.bottleneck.values(symbols)
        return PendingLatents([self.bottleneck.message(symbols)], values, self.bottleneck.bits(values))

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[CodedLatent]:
        """See `Prior`."""
        host = self.bottleneck.decode([y_string for (y_string,) in strings], shape)
        values = self.bottleneck.values(to_device(host, self.bottleneck.device))
        return [CodedLatent(strings[i], host[i].flatten(), values[i : i + 1]) for i in range(len(strings))]


class Quantised(NamedTuple):
    """Latents of B frames and what their strings will be made of, on the device.

    values:              float32 [B, C, h, w], what a decoder will have.
    symbols, z_symbols:  whole numbers as float32, of y [B, C, h, w] and of z.
    indexes:             of y's tables, int32 [B, C, h, w].
    bits:                the model's estimate, float64 [B].
    """

    values: Tensor
    symbols: Tensor
    indexes: Tensor
    z_symbols: Tensor
    bits: Tensor


GaussianParameters = tuple[Tensor, Tensor | None]
"""Scales and, where the model has them, means: float32 [B, C, h, w]."""


@dataclass(frozen=True, eq=False)
class Hyperprior:
    """Two strings per frame: z through a bottleneck, then y under the Gaussians that z predicts.

    analyse:  y [B, C, h, w] -> z.
    predict:  z values [1, ...] -> parameters of y. Called frame by frame on both sides: see `arithmetic`.
    """

    bottleneck: Bottleneck
    gaussian: Gaussian
    analyse: Callable[[Tensor], Tensor]
    predict: Callable[[Tensor], GaussianParameters]
    stride: int = 64
    strings: int = 2

    @property
    def numerics(self) -> Mapping[str, str]:
        """See `Prior`."""
        return FLOAT32

    def encode(self, latent: Tensor) -> PendingLatents:
        """See `Prior`."""
        return self.coding(self.quantise(latent))

    def quantise(self, latent: Tensor) -> Quantised:
        """All that the device has to do before the strings are written."""
        z_symbols = self.bottleneck.symbols(self.analyse(latent))
        z_values = self.bottleneck.values(z_symbols)
        scales, means = self._parameters(z_values)
        symbols = self.gaussian.symbols(latent, means)
        values = self.gaussian.reconstruct(symbols, scales, means)
        bits = self.gaussian.estimate(symbols, scales, means) + self.bottleneck.bits(z_values)
        return Quantised(values, symbols, self.gaussian.indexes(scales), z_symbols, bits)

    def coding(self, quantised: Quantised) -> PendingLatents:
        """The strings of quantised latents, as they are being written."""
        y = self.gaussian.message(quantised.symbols, quantised.indexes)
        return PendingLatents([y, self.bottleneck.message(quantised.z_symbols)], quantised.values, quantised.bits)

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[CodedLatent]:
        """See `Prior`."""
        z = self.bottleneck.decode([z_string for _, z_string in strings], shape)
        scales, means = self._parameters(self.bottleneck.values(to_device(z, self.bottleneck.device)))
        indexes = to_host(self.gaussian.indexes(scales).flatten(1))
        y = self.gaussian.coder.decode([y_string for y_string, _ in strings], indexes, self.gaussian.tables)
        values = self.gaussian.reconstruct(to_device(y.view(scales.shape), scales.device), scales, means)
        symbols = torch.cat([y, z.flatten(1)], dim=1)
        return [CodedLatent(strings[i], symbols[i], values[i : i + 1]) for i in range(len(strings))]

    def _parameters(self, z_values: Tensor) -> GaussianParameters:
        """The parameters of all frames, each computed alone so that the batch cannot change them."""
        with one_thread(z_values.device):
            by_frame = [self.predict(frame) for frame in torch.split(z_values, 1)]
        scales = torch.cat([scale for scale, _ in by_frame])
        means = [mean for _, mean in by_frame if mean is not None]
        return scales, torch.cat(means) if means else None
