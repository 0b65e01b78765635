"""The prior of a latent that is coded in a few steps, whatever its size: a string per step, and z through a bottleneck.

What codes y is put together of parts, as CompressAI's latent codecs are: `checkerboard` takes two steps, and
`channel_groups` those of one group after the other. In each step the strings of all frames are read together. Networks
run frame by frame, as CompressAI calls them for one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.arithmetic import FLOAT32, by_frame
from ahc_stream.codecs.learned.coding import CodedLatent, Message, PendingLatents
from ahc_stream.codecs.learned.entropy_models import Bottleneck
from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.host import to_device


@dataclass(frozen=True, eq=False)
class WrittenSteps:
    """Some channels of B frames, and what their strings will be made of.

    values:    float32 [B, C, h, w], what a decoder will have.
    messages:  of each step.
    bits:      the model's estimate, float64 [B].
    """

    values: Tensor
    messages: Sequence[Message]
    bits: Tensor


@dataclass(frozen=True, eq=False)
class ReadSteps:
    """Some channels of B frames, as they were read.

    values:   float32 [B, C, h, w].
    symbols:  of each step, int32 [B, n] on the CPU.
    """

    values: Tensor
    symbols: Sequence[Tensor]


class Steps(Protocol):
    """Codes some channels of a latent in steps, under what is known of them before: `side`, float32 [B, S, h, w].

    count:  of the steps.
    write:  the channels, float32 [B, C, h, w].
    read:   of each step the strings, one per frame. Raises CodecError.
    """

    @property
    def count(self) -> int: ...

    def write(self, latent: Tensor, side: Tensor) -> WrittenSteps: ...

    def read(self, strings: Sequence[Sequence[bytes]], side: Tensor) -> ReadSteps: ...


@dataclass(frozen=True, eq=False)
class SteppedPrior:
    """See `Prior`. The strings are those of y's steps, then z's.

    analyse:  y [B, C, h, w] -> z.
    predict:  z values [1, ...] -> what is known of y beforehand, [1, S, h, w].
    """

    bottleneck: Bottleneck
    analyse: Callable[[Tensor], Tensor]
    predict: Callable[[Tensor], Tensor]
    steps: Steps
    stride: int = 64

    @classmethod
    def of(cls, model: Model, coder: Coder, steps: Steps) -> SteppedPrior:
        """That of a model of CompressAI's whose `latent_codec` is a hyperprior. steps: the coding of its y."""
        hyper = model.network.latent_codec["hyper"]
        bottleneck = model.bottleneck("latent_codec.hyper.entropy_bottleneck", coder)
        return cls(bottleneck, hyper.h_a, hyper.h_s, steps)

    @property
    def strings(self) -> int:
        """See `Prior`."""
        return self.steps.count + 1

    @property
    def numerics(self) -> Mapping[str, str]:
        """See `Prior`."""
        return FLOAT32

    def encode(self, latent: Tensor) -> PendingLatents:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.analyse(latent))
        z_values = self.bottleneck.values(z_symbols)
        y = self.steps.write(latent, by_frame(self.predict, z_values))
        bits = y.bits + self.bottleneck.bits(z_values)
        return PendingLatents([*y.messages, self.bottleneck.message(z_symbols)], y.values, bits)

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[CodedLatent]:
        """See `Prior`."""
        *of_steps, of_z = zip(*strings, strict=True)
        z = self.bottleneck.decode(of_z, shape)
        side = by_frame(self.predict, self.bottleneck.values(to_device(z, self.bottleneck.device)))
        y = self.steps.read(of_steps, side)
        symbols = torch.cat([*y.symbols, z.flatten(1)], dim=1)
        return [CodedLatent(strings[i], symbols[i], y.values[i : i + 1]) for i in range(len(strings))]
