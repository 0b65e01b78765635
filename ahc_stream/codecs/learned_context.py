"""CompressAI's autoregressive image codecs: each position of the latent is coded under what its neighbours say.

The mean and scale of y at (h, w) come from the hyperprior and, through a masked 5 x 5 convolution, from the positions
before it in raster order. So the encoder is serial too: it quantises y minus a mean that depends on what it has
quantised. Both sides walk the positions with the same function, `_Walk.parameters`, on the same shapes.

    Minnen et al. 2018, https://arxiv.org/abs/1809.02736: mbt2018
    Cheng et al. 2020, https://arxiv.org/abs/2001.01568: cheng2020-anchor, cheng2020-attn (one Gaussian, as CompressAI)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.entropy import CompressaiCoder
from ahc_stream.codecs.learned_image import LearnedImage
from ahc_stream.codecs.learned_model import Model, load
from ahc_stream.codecs.priors import Bottleneck, Coded, Gaussian, to_host
from ahc_stream.codecs.zoo import labelled
from ahc_stream.core.trial import OperatingPoint

KERNEL = 5  # side of the context; a position sees the two rows above and the two positions to its left
MARGIN = KERNEL // 2


def make(point: OperatingPoint, device: torch.device, weights: str | None) -> LearnedImage:
    """The codec of mbt2018, cheng2020-anchor or cheng2020-attn; `weights` as `learned_model.load` takes."""
    model, coder = load(point, device, weights), CompressaiCoder()
    bottleneck = model.bottleneck("entropy_bottleneck", coder)
    prior = ContextPrior(model, bottleneck, model.gaussian("gaussian_conditional", coder))
    return LearnedImage(labelled(point, weights), model, prior)


@dataclass(frozen=True, eq=False)
class ContextPrior:
    """Two strings per frame: y position by position in raster order, channels fastest, and z through a bottleneck."""

    model: Model
    bottleneck: Bottleneck
    gaussian: Gaussian
    stride: int = 64
    strings: int = 2

    def encode(self, latent: Tensor) -> list[Coded]:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.model.network.h_a(latent))
        z_values = self.bottleneck.values(z_symbols)
        z_host, z_bits = to_host(z_symbols), self.bottleneck.bits(z_values).tolist()
        z_strings = self.bottleneck.encode(z_host)
        return [
            self._encode_frame(latent[i : i + 1], self._walk(z_values[i : i + 1]), z_strings[i], z_host[i], z_bits[i])
            for i in range(len(latent))
        ]

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[Coded]:
        """See `Prior`."""
        z_host = self.bottleneck.decode([z_string for _, z_string in strings], shape)
        z_values = self.bottleneck.values(z_host.to(self.model.network_device))
        return [self._decode_frame(strings[i], self._walk(z_values[i : i + 1]), z_host[i]) for i in range(len(strings))]

    def _walk(self, z_values: Tensor) -> _Walk:
        network = self.model.network
        context = network.context_prediction
        weight = context.weight * context.mask

        def predict(patch: Tensor, hyper: Tensor) -> tuple[Tensor, Tensor]:
            seen = F.conv2d(patch, weight, context.bias)
            scales, means = network.entropy_parameters(torch.cat((hyper, seen), dim=1)).chunk(2, 1)
            return scales, means

        return _Walk(network.h_s(z_values), network.M, predict)

    def _encode_frame(self, latent: Tensor, walk: _Walk, z_string: bytes, z: Tensor, z_bits: float) -> Coded:
        steps = [self._encode_position(latent, walk, h, w) for h, w in walk.positions()]
        values, scales, means, symbols = (torch.cat(each, dim=2) for each in zip(*steps, strict=True))
        y, indexes = (to_host(each.transpose(1, 2).flatten()) for each in (symbols, self.gaussian.indexes(scales)))
        string = self.gaussian.coder.encode(y[None], indexes[None], self.gaussian.tables)[0]
        bits = float(self.gaussian.bits(values, scales, means)) + z_bits
        return Coded((string, z_string), torch.cat([y, z.flatten()]), walk.values, bits)

    def _encode_position(self, latent: Tensor, walk: _Walk, h: int, w: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Values, scales, means and symbols of one position, each [1, M, 1, 1]."""
        scales, means = walk.parameters(h, w)
        symbols = self.gaussian.symbols(latent[..., h : h + 1, w : w + 1], means)
        values = self.gaussian.values(symbols, means)
        walk.put(h, w, values)
        return values, scales, means, symbols

    def _decode_frame(self, strings: tuple[bytes, ...], walk: _Walk, z: Tensor) -> Coded:
        stream = self.gaussian.coder.decoder(strings[:1], walk.values.numel(), self.gaussian.tables)
        symbols = []
        for h, w in walk.positions():
            scales, means = walk.parameters(h, w)
            symbols.append(stream.decode(to_host(self.gaussian.indexes(scales).view(1, -1))).flatten())
            here = symbols[-1].to(means.device).view(means.shape)
            walk.put(h, w, self.gaussian.values(here, means))
        return Coded(strings, torch.cat([*symbols, z.flatten()]), walk.values)


Predict = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Values of a 5 x 5 patch [1, M, 5, 5] and hyperprior [1, 2M, 1, 1] -> scales and means [1, M, 1, 1] of its centre."""


class _Walk:
    """One frame's latent while it becomes known. Positions not yet known hold zeros, on both sides."""

    def __init__(self, hyper: Tensor, channels: int, predict: Predict) -> None:
        self._hyper, self._predict = hyper, predict
        self._height, self._width = hyper.shape[2:]
        shape = (1, channels, self._height + 2 * MARGIN, self._width + 2 * MARGIN)
        self._known = torch.zeros(shape, device=hyper.device)

    @property
    def values(self) -> Tensor:
        """What is known: float32 [1, M, h, w]."""
        return self._known[..., MARGIN:-MARGIN, MARGIN:-MARGIN]

    def positions(self) -> Iterator[tuple[int, int]]:
        """Every (h, w) in raster order."""
        return ((h, w) for h in range(self._height) for w in range(self._width))

    def parameters(self, h: int, w: int) -> tuple[Tensor, Tensor]:
        """Scales and means at a position whose context is known."""
        patch = self._known[..., h : h + KERNEL, w : w + KERNEL]
        return self._predict(patch, self._hyper[..., h : h + 1, w : w + 1])

    def put(self, h: int, w: int, values: Tensor) -> None:
        """Makes a position known: float32 [1, M, 1, 1]."""
        self._known[..., h + MARGIN : h + MARGIN + 1, w + MARGIN : w + MARGIN + 1] = values
