"""The prior of autoregressive image codecs: each position of the latent is coded under what its neighbours say.

The mean and scale of y at (h, w) come from the hyperprior and, through a masked 5 x 5 convolution, from the positions
before it in raster order. So the encoder is serial too: it quantises y minus a mean that depends on what it has
quantised. `wavefront` says which positions may go together, `context` what the networks say about them.

The encoder always goes wavefront by wavefront, all images of a clip at once, and then puts the symbols in the order
asked for. The decoder must go in the order of the string: order=raster is CompressAI's, one position of every image per
step; order=wave takes W + 3 (H - 1) steps instead of W H.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.arithmetic import by_frame
from ahc_stream.codecs.learned.coding import CodedLatent, Message, PendingLatents
from ahc_stream.codecs.learned.context import Context
from ahc_stream.codecs.learned.context_compressai import CompressaiContext
from ahc_stream.codecs.learned.context_fixed import FixedContext
from ahc_stream.codecs.learned.context_passes import Passes, QuantisedLatents, StepwisePasses
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.recorded_passes import RecordedPasses
from ahc_stream.codecs.learned.wavefront import sequence
from ahc_stream.core.host import to_device

CONTEXTS: Mapping[str, Callable[[Any, Tensor | None], Context]] = {
    "float64": FixedContext,
    "float32": CompressaiContext,
}
"""By the name of their arithmetic in an operating point and a header."""


@dataclass(frozen=True, eq=False)
class ContextPrior:
    """Two strings per frame: y in the order of `numerics`, channels fastest, and z through a bottleneck."""

    model: Model
    bottleneck: Bottleneck
    gaussian: Gaussian
    passes: Passes
    numerics: Mapping[str, str]
    stride: int = 64
    strings: int = 2

    @classmethod
    def of(
        cls,
        model: Model,
        coder: Coder,
        options: Mapping[str, str],
        gaussian: Gaussian | None = None,
        shift: Tensor | None = None,
    ) -> ContextPrior:
        """The prior of a model, for the options `order` and `arithmetic` of a point: see `ORDERS` and `CONTEXTS`.

        gaussian:  y's entropy model, where it is more than the networks' own.
        shift:     what the context networks add to all that the context says.
        """
        numerics = {name: options[name] for name in ("order", "arithmetic")}
        bottleneck = model.bottleneck("entropy_bottleneck", coder)
        gaussian = gaussian or model.gaussian("gaussian_conditional", coder)
        context = CONTEXTS[numerics["arithmetic"]](model.network, shift)
        return cls(model, bottleneck, gaussian, _passes(context, gaussian, model.device), numerics)

    def encode(self, latent: Tensor) -> PendingLatents:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.model.network.h_a(latent))
        z_values = self.bottleneck.values(z_symbols)
        y = self.passes.quantise(latent, self._hyper(z_values))
        bits = self.gaussian.estimate(y.symbols, y.scales, y.means) + self.bottleneck.bits(z_values)
        return PendingLatents([self._message(y, latent.shape), self.bottleneck.message(z_symbols)], y.values, bits)

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[CodedLatent]:
        """See `Prior`."""
        z = self.bottleneck.decode([z_string for _, z_string in strings], shape)
        hyper = self._hyper(self.bottleneck.values(to_device(z, self.bottleneck.device)))
        y, values = self.read([y_string for y_string, _ in strings], hyper)
        symbols = torch.cat([y, z.flatten(1)], dim=1)
        return [CodedLatent(strings[i], symbols[i], values[i : i + 1]) for i in range(len(strings))]

    def _hyper(self, z_values: Tensor) -> Tensor:
        """What the hyperprior says: float32 [B, 2M, h, w]. Frame by frame on both sides: see `arithmetic`."""
        return by_frame(self.model.network.h_s, z_values)

    def write(self, latent: Tensor, hyper: Tensor) -> list[CodedLatent]:
        """y float32 [B, M, h, w] alone, wavefront by wavefront whatever the order of the string. Raises CodecError."""
        quantised = self.passes.quantise(latent, hyper)
        bits = latent.new_zeros(len(latent), dtype=torch.float64)
        return PendingLatents([self._message(quantised, latent.shape)], quantised.values, bits).wait()

    def read(self, strings: Sequence[bytes], hyper: Tensor) -> tuple[Tensor, Tensor]:
        """Symbols int32 [B, n] on the CPU, in the order of the strings, and y float32 [B, M, h, w].

        Raises CodecError.
        """
        count = self.model.network.M * hyper.shape[2] * hyper.shape[3]
        reader = self.gaussian.coder.reader(strings, count, self.gaussian.tables)
        symbols, values = self.passes.read(reader.decode, hyper, self.numerics["order"])
        reader.finish()
        return symbols, values

    def _message(self, quantised: QuantisedLatents, shape: Sequence[int]) -> Message:
        """Symbols and scales in the order of the string."""
        order = _sequence_on(quantised.symbols.device, self.numerics["order"], *shape[2:])
        indexes = self.gaussian.indexes(quantised.scales[:, order])
        return self.gaussian.message(quantised.symbols[:, order], indexes)


@lru_cache(maxsize=16)
def _sequence_on(device: torch.device, order: str, height: int, width: int) -> Tensor:
    """`sequence` on a device, uploaded once."""
    return sequence(order, height, width).to(device)


def _passes(context: Context, gaussian: Gaussian, device: torch.device) -> Passes:
    """Recorded on a GPU where the arithmetic allows it (float64); step by step elsewhere."""
    if device.type == "cuda" and isinstance(context, FixedContext):
        return RecordedPasses(context, gaussian, device)
    return StepwisePasses(context, gaussian)
