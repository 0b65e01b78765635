"""CompressAI's autoregressive image codecs: each position of the latent is coded under what its neighbours say.

The mean and scale of y at (h, w) come from the hyperprior and, through a masked 5 x 5 convolution, from the positions
before it in raster order. So the encoder is serial too: it quantises y minus a mean that depends on what it has
quantised. `wave` says which positions may go together, `context` what the networks say about them.

The encoder always goes in waves, all images of a clip at once, and then puts the symbols in the order asked for. The
decoder must go in the order of the string: order=raster is CompressAI's, one position of every image per step;
order=wave takes W + 3 (H - 1) steps instead of W H.

    Minnen et al. 2018, https://arxiv.org/abs/1809.02736: mbt2018
    Cheng et al. 2020, https://arxiv.org/abs/2001.01568: cheng2020-anchor, cheng2020-attn (one Gaussian, as CompressAI)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.codecs.coders import coder
from ahc_stream.codecs.context import CONTEXTS, Context, Walk
from ahc_stream.codecs.learned_image import LearnedImage
from ahc_stream.codecs.learned_model import Model, load
from ahc_stream.codecs.priors import Bottleneck, Coded, Gaussian, rounded, to_host
from ahc_stream.codecs.wave import ORDERS, Stretch, sequence
from ahc_stream.codecs.zoo import labelled
from ahc_stream.core.trial import OperatingPoint

ORDER, ARITHMETIC = "raster", "float64"
"""Defaults of the options of these names, as the table of codecs has them."""


def make(point: OperatingPoint, device: torch.device, weights: str | None, entropy: str = "native") -> LearnedImage:
    """The codec of mbt2018, cheng2020-anchor or cheng2020-attn; `weights` as `learned_model.load` takes.

    Options order and arithmetic as `ORDERS` and `CONTEXTS` name them; `entropy` as `coders` names it.
    """
    point = labelled(point, weights, order=ORDER, arithmetic=ARITHMETIC)
    options = dict(point.options)
    model, own = load(point, device, weights), coder(entropy)
    prior = ContextPrior(
        model,
        model.bottleneck("entropy_bottleneck", own),
        model.gaussian("gaussian_conditional", own),
        CONTEXTS[options["arithmetic"]](model.network),
        {"order": options["order"], "arithmetic": options["arithmetic"]},
    )
    return LearnedImage(point, model, prior)


@dataclass(frozen=True, eq=False)
class ContextPrior:
    """Two strings per frame: y in the order of `terms`, channels fastest, and z through a bottleneck."""

    model: Model
    bottleneck: Bottleneck
    gaussian: Gaussian
    context: Context
    terms: Mapping[str, str]
    stride: int = 64
    strings: int = 2

    def encode(self, latent: Tensor) -> list[Coded]:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.model.network.h_a(latent))
        z_values = self.bottleneck.values(z_symbols)
        z, z_strings = to_host(z_symbols), self.bottleneck.encode(to_host(z_symbols))
        walk = self._walk(z_values)
        parts = self._quantise(latent, walk)
        y, indexes = (self._in_order(part, latent.shape[2:]) for part in parts.integers(self.gaussian))
        y_strings = self.gaussian.coder.encode(y, indexes, self.gaussian.tables)
        bits = (parts.bits(self.gaussian) + self.bottleneck.bits(z_values)).tolist()
        symbols, values = torch.cat([y, z.flatten(1)], dim=1), walk.values
        return [Coded((y_strings[i], z_strings[i]), symbols[i], values[i : i + 1], bits[i]) for i in range(len(latent))]

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[Coded]:
        """See `Prior`."""
        z = self.bottleneck.decode([z_string for _, z_string in strings], shape)
        walk = self._walk(self.bottleneck.values(z.to(self.model.network_device)))
        symbols = torch.cat([*self._read([y_string for y_string, _ in strings], walk), z.flatten(1)], dim=1)
        values = walk.values
        return [Coded(strings[i], symbols[i], values[i : i + 1]) for i in range(len(strings))]

    def _walk(self, z_values: Tensor) -> Walk:
        """What the hyperprior says is computed frame by frame on both sides: see `arithmetic`."""
        return self.context.walk(torch.cat([self.model.network.h_s(frame) for frame in z_values.split(1)]))

    def _quantise(self, latent: Tensor, walk: Walk) -> _Quantised:
        """Walks a latent [B, M, h, w] in waves."""
        wanted = latent.flatten(2).transpose(1, 2).contiguous()
        parts = _Quantised(*(torch.empty_like(wanted) for _ in range(3)))
        for stretch in self._stretches("wave", latent.shape[2:]):
            for step, above in _along(stretch, walk):
                scales, means = walk.parameters(step, above)
                whole = torch.round(wanted[:, step] - means)
                walk.put(step, whole + means)
                parts.keep(step, whole, scales, means)
        return parts

    def _read(self, strings: Sequence[bytes], walk: Walk) -> list[Tensor]:
        """Walks as the strings were written, and returns their symbols: int32 [B, n M] for each step."""
        channels, *shape = walk.values.shape[1:]
        stream = self.gaussian.coder.decoder(strings, channels * shape[0] * shape[1], self.gaussian.tables)
        symbols = []
        for stretch in self._stretches(self.terms["order"], shape):
            for step, above in _along(stretch, walk):
                scales, means = walk.parameters(step, above)
                symbols.append(stream.decode(to_host(self.gaussian.indexes(scales).flatten(1))))
                walk.put(step, self.gaussian.values(symbols[-1].to(means.device).view(means.shape), means))
        stream.finish()
        return symbols

    def _stretches(self, order: str, shape: Sequence[int]) -> list[Stretch]:
        device = self.model.network_device
        return [tuple(step.to(device) for step in stretch) for stretch in ORDERS[order](*shape)]

    def _in_order(self, part: Tensor, shape: Sequence[int]) -> Tensor:
        """[B, positions, M] -> [B, n] on the CPU, as a string has them."""
        return to_host(part[:, sequence(self.terms["order"], *shape).to(part.device)].flatten(1))


def _along(stretch: Stretch, walk: Walk) -> zip[tuple[Tensor, Tensor]]:
    """The steps of a stretch, each with what the rows above say; that is worked out for all of them at once."""
    above = walk.above(torch.cat(stretch))
    return zip(stretch, above.split([len(step) for step in stretch], dim=1), strict=True)


@dataclass(frozen=True, eq=False)
class _Quantised:
    """What the encoder found for every position: float32 [B, positions, M] each. `whole` holds the symbols."""

    whole: Tensor
    scales: Tensor
    means: Tensor

    def keep(self, step: Tensor, whole: Tensor, scales: Tensor, means: Tensor) -> None:
        for all_of_it, part in ((self.whole, whole), (self.scales, scales), (self.means, means)):
            all_of_it[:, step] = part

    def integers(self, gaussian: Gaussian) -> tuple[Tensor, Tensor]:
        """Symbols and indexes, int32. Raises CodecError for what left the range of a coder."""
        return rounded(self.whole), gaussian.indexes(self.scales)

    def bits(self, gaussian: Gaussian) -> Tensor:
        """The estimate, float64 [B]."""
        return gaussian.bits(self.whole + self.means, self.scales, self.means)
