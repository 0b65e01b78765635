"""A checkerboard context model: half of a latent's positions are coded first, the other half sees them.

He et al. 2021, "Checkerboard Context Model for Efficient Learned Image Compression", https://arxiv.org/abs/2103.15306.
Anchors, the positions of one colour, are coded under what is known beforehand alone; the others also under what the
anchors around them are. So a latent of any size takes two steps, where an autoregressive one takes hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.arithmetic import by_frame
from ahc_stream.codecs.learned.coding import Message
from ahc_stream.codecs.learned.entropy_models import Gaussian
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.stepped_prior import ReadSteps, WrittenSteps
from ahc_stream.core.host import to_device, to_host

if TYPE_CHECKING:
    from compressai.latent_codecs import CheckerboardLatentCodec

STEPS = (0, 1)
"""Anchors, and the positions between them: CompressAI's order of the strings."""


@dataclass(frozen=True, eq=False)
class Checkerboard:
    """See `Steps`: of C channels of h x w positions, each step has C of h x w / 2.

    networks:  CompressAI's latent codec, of whose networks this is the coding.
    context:   its masked convolution. CompressAI's module sets its weights anew at each call, which another lane may
               be reading.
    """

    gaussian: Gaussian
    networks: CheckerboardLatentCodec
    context: Callable[[Tensor], Tensor]
    count: ClassVar[int] = len(STEPS)

    @classmethod
    def of(cls, model: Model, name: str, coder: Coder) -> Checkerboard:
        """That of the latent codec of that name within a model's networks."""
        networks = model.network.get_submodule(name)
        convolution = networks.context_prediction
        weight = convolution.weight * convolution.mask
        context = partial(F.conv2d, weight=weight, bias=convolution.bias, padding=convolution.padding)
        return cls(model.gaussian(f"{name}.y.gaussian_conditional", coder), networks, context)

    def write(self, latent: Tensor, side: Tensor) -> WrittenSteps:
        """See `Steps`."""
        target, sides = self.networks.unembed(latent), self.networks.unembed(side)
        known, bits, messages = torch.zeros_like(target), list[Tensor](), list[Message]()
        for step in STEPS:
            scales, means = self._parameters(step, known, sides)
            symbols = self.gaussian.symbols(target[step], means)
            known[step] = self.gaussian.values(symbols, means)
            bits.append(self.gaussian.bits(known[step], scales, means))
            messages.append(self.gaussian.message(symbols, self.gaussian.indexes(scales)))
        return WrittenSteps(self.networks.embed(known), messages, torch.stack(bits).sum(0))

    def read(self, strings: Sequence[Sequence[bytes]], side: Tensor) -> ReadSteps:
        """See `Steps`."""
        sides, symbols = self.networks.unembed(side), list[Tensor]()
        known = self._nothing(sides)
        for step in STEPS:
            scales, means = self._parameters(step, known, sides)
            indexes = to_host(self.gaussian.indexes(scales).flatten(1))
            symbols.append(self.gaussian.coder.decode(strings[step], indexes, self.gaussian.tables))
            known[step] = self.gaussian.values(to_device(symbols[-1].view(means.shape), means.device), means)
        return ReadSteps(self.networks.embed(known), symbols)

    def _nothing(self, sides: Tensor) -> Tensor:
        """Zeros [2, B, C, h, w / 2], for what is known beforehand, of [2, B, S, h, w / 2]."""
        channels = self.networks.context_prediction.in_channels
        return sides.new_zeros(*sides.shape[:2], channels, *sides.shape[3:])

    def _parameters(self, step: int, known: Tensor, sides: Tensor) -> tuple[Tensor, Tensor]:
        """Scales and means of the step's positions, float32 [B, C, h, w / 2], under what is known of both steps'
        positions, [2, B, C, h, w / 2], and what is known of them beforehand, [2, B, S, h, w / 2]."""
        board = self.networks
        side = sides[step]
        if step == STEPS[0]:
            seen = side.new_zeros(len(side), board.context_prediction.out_channels, *side.shape[2:])
        else:
            seen = board.unembed(by_frame(self.context, board.embed(known)))[step]
        parameters = by_frame(board.entropy_parameters, board.merge(seen, side))
        scales, means = board.latent_codec["y"]._chunk(parameters)
        return scales, means
