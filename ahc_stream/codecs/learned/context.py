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

from ahc_stream.codecs.entropy.coders import coder
from ahc_stream.codecs.learned.arithmetic import one_thread
from ahc_stream.codecs.learned.context_model import CONTEXTS, Context, FixedContext
from ahc_stream.codecs.learned.context_passes import Passes, StepwisePasses
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.points import labelled
from ahc_stream.codecs.learned.priors import Bottleneck, Coded, Gaussian, rounded, to_host
from ahc_stream.codecs.learned.recorded_passes import RecordedPasses
from ahc_stream.codecs.learned.wave import sequence
from ahc_stream.core.point import OperatingPoint

ORDER, ARITHMETIC = "raster", "float64"
"""Defaults of the options of these names, as the table of codecs has them."""


def make(point: OperatingPoint, device: torch.device, weights: str | None, entropy: str = "native") -> LearnedImage:
    """The codec of mbt2018, cheng2020-anchor or cheng2020-attn; `weights` as `model.load` takes.

    Options order and arithmetic as `ORDERS` and `CONTEXTS` name them; `entropy` as `coders` names it.
    """
    point = labelled(point, weights, order=ORDER, arithmetic=ARITHMETIC)
    options = dict(point.options)
    model, own = load(point, device, weights), coder(entropy)
    gaussian = model.gaussian("gaussian_conditional", own)
    prior = ContextPrior(
        model,
        model.bottleneck("entropy_bottleneck", own),
        gaussian,
        _passes(CONTEXTS[options["arithmetic"]](model.network), gaussian, device),
        {"order": options["order"], "arithmetic": options["arithmetic"]},
    )
    return LearnedImage(point, model, prior)


def _passes(context: Context, gaussian: Gaussian, device: torch.device) -> Passes:
    """Recorded on a GPU where the arithmetic allows it (float64); step by step elsewhere."""
    if device.type == "cuda" and isinstance(context, FixedContext):
        return RecordedPasses(context, gaussian, device)
    return StepwisePasses(context, gaussian)


@dataclass(frozen=True, eq=False)
class ContextPrior:
    """Two strings per frame: y in the order of `terms`, channels fastest, and z through a bottleneck."""

    model: Model
    bottleneck: Bottleneck
    gaussian: Gaussian
    passes: Passes
    terms: Mapping[str, str]
    stride: int = 64
    strings: int = 2

    def encode(self, latent: Tensor) -> list[Coded]:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.model.network.h_a(latent))
        z_values = self.bottleneck.values(z_symbols)
        z = to_host(z_symbols)
        z_strings, y = self.bottleneck.encode(z), self.write(latent, self._hyper(z_values))
        bits = (y.bits(self.gaussian) + self.bottleneck.bits(z_values)).tolist()
        symbols = torch.cat([y.symbols, z.flatten(1)], dim=1)
        return [
            Coded((y.strings[i], z_strings[i]), symbols[i], y.values[i : i + 1], bits[i]) for i in range(len(latent))
        ]

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[Coded]:
        """See `Prior`."""
        z = self.bottleneck.decode([z_string for _, z_string in strings], shape)
        hyper = self._hyper(self.bottleneck.values(z.to(self.model.network_device)))
        symbols, values = self.read([y_string for y_string, _ in strings], hyper)
        symbols = torch.cat([symbols, z.flatten(1)], dim=1)
        return [Coded(strings[i], symbols[i], values[i : i + 1]) for i in range(len(strings))]

    def _hyper(self, z_values: Tensor) -> Tensor:
        """What the hyperprior says: float32 [B, 2M, h, w]. Frame by frame on both sides: see `arithmetic`."""
        with one_thread(z_values.device):
            return torch.cat([self.model.network.h_s(frame) for frame in z_values.split(1)])

    def write(self, latent: Tensor, hyper: Tensor) -> Written:
        """y float32 [B, M, h, w], in waves whatever the order of the string. Raises CodecError."""
        passed, shape = self.passes.write(latent, hyper), latent.shape[2:]
        y, indexes = (
            self._in_order(part, shape) for part in (rounded(passed.whole), self.gaussian.indexes(passed.scales))
        )
        strings = self.gaussian.coder.encode(y, indexes, self.gaussian.tables)
        return Written(strings, y, passed.values, passed.whole + passed.means, passed.scales, passed.means)

    def read(self, strings: Sequence[bytes], hyper: Tensor) -> tuple[Tensor, Tensor]:
        """Symbols int32 [B, n] on the CPU, in the order of the strings, and y float32 [B, M, h, w]."""
        count = self.model.network.M * hyper.shape[2] * hyper.shape[3]
        stream = self.gaussian.coder.decoder(strings, count, self.gaussian.tables)
        symbols, values = self.passes.read(stream.decode, hyper, self.terms["order"])
        stream.finish()
        return symbols, values

    def _in_order(self, part: Tensor, shape: Sequence[int]) -> Tensor:
        """[B, positions, M] -> [B, n] on the CPU, as a string has them."""
        return to_host(part[:, sequence(self.terms["order"], *shape).to(part.device)].flatten(1))


@dataclass(frozen=True, eq=False)
class Written:
    """B latents as they went into their strings.

    strings, symbols:          B strings and what is in them, int32 [B, n] on the CPU.
    values:                    float32 [B, M, h, w], what a decoder will have.
    coded, scales, means:      float32 [B, h w, M]: the same values and their Gaussians, position by position.
    """

    strings: list[bytes]
    symbols: Tensor
    values: Tensor
    coded: Tensor
    scales: Tensor
    means: Tensor

    def bits(self, gaussian: Gaussian) -> Tensor:
        """The estimate, float64 [B]."""
        return gaussian.bits(self.coded, self.scales, self.means)
