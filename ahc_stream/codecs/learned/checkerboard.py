"""The prior of a checkerboard context model: half of a latent's positions are coded first, the other half sees them.

He et al. 2021, "Checkerboard Context Model for Efficient Learned Image Compression", https://arxiv.org/abs/2103.15306.
Anchors, the positions of one colour, are coded under what the hyperprior says alone; the others also under what the
anchors around them are. So a latent of any size takes two steps, where an autoregressive one takes hundreds, and the
strings of all frames are read together in each. Networks run frame by frame, as CompressAI calls them for one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.arithmetic import FLOAT32, by_frame
from ahc_stream.codecs.learned.coding import CodedLatent, Message, PendingLatents
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian
from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.host import to_device, to_host

if TYPE_CHECKING:
    from compressai.latent_codecs import CheckerboardLatentCodec, HyperpriorLatentCodec

STEPS = (0, 1)
"""Anchors, and the positions between them: CompressAI's order of the strings."""


@dataclass(frozen=True, eq=False)
class CheckerboardPrior:
    """Three strings per frame: y's anchors, the rest of y, and z through a bottleneck. See `Prior`.

    networks:  CompressAI's latent codec, of whose networks this is the coding.
    context:   its masked convolution. CompressAI's module sets its weights anew at each call, which another lane may
               be reading.
    """

    bottleneck: Bottleneck
    gaussian: Gaussian
    networks: HyperpriorLatentCodec
    context: Callable[[Tensor], Tensor]
    stride: int = 64
    strings: int = 3

    @classmethod
    def of(cls, model: Model, coder: Coder) -> CheckerboardPrior:
        """The prior of a model whose `latent_codec` has a hyperprior and a checkerboard."""
        networks = model.network.latent_codec
        bottleneck = model.bottleneck("latent_codec.hyper.entropy_bottleneck", coder)
        gaussian = model.gaussian("latent_codec.y.y.gaussian_conditional", coder)
        convolution = networks["y"].context_prediction
        weight = convolution.weight * convolution.mask
        context = partial(F.conv2d, weight=weight, bias=convolution.bias, padding=convolution.padding)
        return cls(bottleneck, gaussian, networks, context)

    @property
    def numerics(self) -> Mapping[str, str]:
        """See `Prior`."""
        return FLOAT32

    def encode(self, latent: Tensor) -> PendingLatents:
        """See `Prior`."""
        z_symbols = self.bottleneck.symbols(self.networks["hyper"].h_a(latent))
        z_values = self.bottleneck.values(z_symbols)
        hyper, target = self._hyper(z_values), self._board.unembed(latent)
        known, bits, messages = torch.zeros_like(target), self.bottleneck.bits(z_values), list[Message]()
        for step in STEPS:
            scales, means = self._parameters(step, known, hyper)
            symbols = self.gaussian.symbols(target[step], means)
            known[step] = self.gaussian.values(symbols, means)
            bits = bits + self.gaussian.bits(known[step], scales, means)
            messages.append(self.gaussian.message(symbols, self.gaussian.indexes(scales)))
        return PendingLatents([*messages, self.bottleneck.message(z_symbols)], self._board.embed(known), bits)

    def decode(self, strings: Sequence[tuple[bytes, ...]], shape: tuple[int, int]) -> list[CodedLatent]:
        """See `Prior`."""
        z = self.bottleneck.decode([of_frame[-1] for of_frame in strings], shape)
        hyper = self._hyper(self.bottleneck.values(to_device(z, self.bottleneck.device)))
        known = self._board.unembed(torch.zeros_like(hyper.chunk(2, 1)[0]))
        read = []
        for step in STEPS:
            scales, means = self._parameters(step, known, hyper)
            indexes = to_host(self.gaussian.indexes(scales).flatten(1))
            read.append(self.gaussian.coder.decode([each[step] for each in strings], indexes, self.gaussian.tables))
            known[step] = self.gaussian.values(to_device(read[-1].view(means.shape), means.device), means)
        values, symbols = self._board.embed(known), torch.cat([*read, z.flatten(1)], dim=1)
        return [CodedLatent(strings[i], symbols[i], values[i : i + 1]) for i in range(len(strings))]

    @property
    def _board(self) -> CheckerboardLatentCodec:
        return self.networks["y"]

    def _hyper(self, z_values: Tensor) -> Tensor:
        """What the hyperprior says: float32 [B, 2M, h, w]."""
        return by_frame(self.networks["hyper"].h_s, z_values)

    def _parameters(self, step: int, known: Tensor, hyper: Tensor) -> tuple[Tensor, Tensor]:
        """Scales and means of the step's positions, float32 [B, M, h, w / 2]; `known`: [2, B, M, h, w / 2]."""
        board = self._board
        side = board.unembed(hyper)[step]
        if step == STEPS[0]:
            seen = torch.zeros_like(side)
        else:
            seen = board.unembed(by_frame(self.context, board.embed(known)))[step]
        scales, means = by_frame(board.entropy_parameters, board.merge(seen, side)).chunk(2, 1)
        return scales, means
