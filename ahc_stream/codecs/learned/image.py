"""CompressAI's image codecs: analysis, a prior that codes the latent, synthesis. Frames are coded one by one.

This file has the models whose latent is coded in one go; `context` adds a prior for those that code it position
by position. The strings are byte for byte those of CompressAI's `compress()` on the same input.

    Balle et al. 2018, https://arxiv.org/abs/1802.01436: bmshj2018-factorized, bmshj2018-hyperprior
    Minnen et al. 2018, https://arxiv.org/abs/1809.02736: mbt2018-mean
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entropy.coders import coder
from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic, in_picture_batches
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.padding import Padding
from ahc_stream.codecs.learned.points import architecture_of, labelled
from ahc_stream.codecs.learned.priors import Coded, FactorizedPrior, Hyperprior, Prior
from ahc_stream.codecs.learned.stream import geometry_of, header_of, naming_frames, strings_of, unit_of, verify
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.point import OperatingPoint

MULTIPLE = 64  # six strides of two, hyperprior included


def make(point: OperatingPoint, device: torch.device, weights: str | None, entropy: str = "native") -> LearnedImage:
    """The codec of bmshj2018-factorized, bmshj2018-hyperprior or mbt2018-mean.

    weights:  as `model.load` takes.
    entropy:  the coder, as `coders` names it.
    """
    model = load(point, device, weights)
    return LearnedImage(labelled(point, weights), model, PRIORS[architecture_of(point.codec)](model, coder(entropy)))


@dataclass(frozen=True, eq=False)
class LearnedImage:
    """A codec for one lane: the shared network, and a prior with a coder of its own."""

    point: OperatingPoint
    model: Model
    prior: Prior
    intra_only: ClassVar[bool] = True

    def encode(self, clip: Clip) -> Bitstream:
        """One I frame per frame. Raises CodecError."""
        with fixed_arithmetic(self.model.device):
            return self._encode(clip)[0]

    def encode_with_reconstruction(self, clip: Clip) -> tuple[Bitstream, Tensor]:
        """The bitstream, and the frames as `decode` will return them: uint8 [N, 3, H, W]."""
        with fixed_arithmetic(self.model.device):
            bitstream, coded = self._encode(clip)
            return bitstream, self._synthesise(coded, _padding(clip))

    def decode(self, bitstream: Bitstream) -> Tensor:
        """uint8 [N, 3, H, W] on the codec's device. Raises CodecError, and EntropyDesync rather than a wrong picture."""
        header = bitstream.header
        padding, latent = geometry_of(header, self.model, MULTIPLE, self.prior.stride, self.prior.terms)
        strings = [strings_of(unit, self.prior.strings) for unit in bitstream.units]
        frames = [unit.frame for unit in bitstream.units]
        with fixed_arithmetic(self.model.device), naming_frames(frames):
            coded = self.prior.decode(strings, latent)
            for unit, each in zip(bitstream.units, coded, strict=True):
                verify(header, unit, [each], self.model.device)
            return self._synthesise(coded, padding)

    def _encode(self, clip: Clip) -> tuple[Bitstream, list[Coded]]:
        self.model.check(clip.frames)
        padding = _padding(clip)
        coded = self.prior.encode(self._analyse(clip.frames, padding))
        latent = padding.padded[0] // self.prior.stride, padding.padded[1] // self.prior.stride
        header = header_of(self.model, padding, latent, self.prior.terms)
        units = tuple(unit_of(frame, "I", [each]) for frame, each in enumerate(coded))
        return Bitstream(self.model.codec, header, units), coded

    def _analyse(self, frames: Tensor, padding: Padding) -> Tensor:
        def analyse(part: Tensor) -> Tensor:
            return self.model.network.g_a(padding.to_network(part))

        return in_picture_batches(analyse, frames, padding.padded)

    def _synthesise(self, coded: Sequence[Coded], padding: Padding) -> Tensor:
        def synthesise(part: Tensor) -> Tensor:
            return padding.to_frames(self.model.network.g_s(part))

        return in_picture_batches(synthesise, torch.cat([each.values for each in coded]), padding.padded)


def _padding(clip: Clip) -> Padding:
    return Padding(clip.height, clip.width, MULTIPLE)


def _factorized(model: Model, coder: Coder) -> Prior:
    return FactorizedPrior(model.bottleneck("entropy_bottleneck", coder))


def _scale_hyperprior(model: Model, coder: Coder) -> Prior:
    network = model.network
    return Hyperprior(
        model.bottleneck("entropy_bottleneck", coder),
        model.gaussian("gaussian_conditional", coder),
        analyse=lambda y: network.h_a(torch.abs(y)),
        predict=lambda z: (network.h_s(z), None),
    )


def _mean_scale_hyperprior(model: Model, coder: Coder) -> Prior:
    network = model.network
    return Hyperprior(
        model.bottleneck("entropy_bottleneck", coder),
        model.gaussian("gaussian_conditional", coder),
        analyse=network.h_a,
        predict=lambda z: network.h_s(z).chunk(2, 1),
    )


PRIORS: Mapping[str, Callable[[Model, Coder], Prior]] = {
    "bmshj2018-factorized": _factorized,
    "bmshj2018-hyperprior": _scale_hyperprior,
    "mbt2018-mean": _mean_scale_hyperprior,
}
