"""ssf2020, scale-space flow, as CompressAI has it: closed GOPs of one I frame and P frames that warp the frame before.

A P frame codes motion (two displacements and a blur level per pixel), predicts by sampling a stack of ever more blurred
references, and codes what the prediction left. The reference that is fed back is clamped to 0..1, as CompressAI's codec
example does and its `model.compress()` does not; the published figures are with the clamp.

    Agustsson et al. 2020, "Scale-space flow for end-to-end optimized video compression", CVPR
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.delay import MOST_GOPS
from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entropy.coders import coder as coder_of
from ahc_stream.codecs.learned.arithmetic import BUDGET_BYTES, frames_at_once
from ahc_stream.codecs.learned.flow_sessions import FlowDecoder, FlowEncoder, Watch
from ahc_stream.codecs.learned.flow_steps import LATENTS, FlowSteps, Terms
from ahc_stream.codecs.learned.flow_transforms import DEFAULT, MOST_THREADS, flow_transforms
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.padding import Padding
from ahc_stream.codecs.learned.points import labelled
from ahc_stream.codecs.learned.priors import Hyperprior
from ahc_stream.codecs.learned.stream import geometry_of, header_of
from ahc_stream.core.batches import in_fixed_batches
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream

MULTIPLE = 128  # seven strides of two: four of the transforms, three of the hyperpriors
DEFAULT_GOP = "12"
BYTES_HELD = 128  # per padded pixel of a frame in step: reference, picture, prediction, motion, latents; an estimate


def make(point: OperatingPoint, device: torch.device, weights: str | None, entropy: str = "native") -> LearnedVideo:
    """The codec of ssf2020; `weights` as `model.load` takes, `entropy` as `coders.coder`.

    Options: gop, frames per GOP, at least 1; transforms, see `flow_transforms`, which a decoder takes from the stream.
    """
    point = labelled(point, weights, gop=DEFAULT_GOP)
    gop = dict(point.options)["gop"]
    if not gop.isdecimal() or int(gop) < 1:
        raise InvalidValue("gop as a whole number from 1", repr(gop), f"write gop={DEFAULT_GOP}")
    model, coder = load(point, device, weights), coder_of(entropy)
    flow_transforms(model, _transforms(point))  # refuses here what this device cannot do
    priors = {name: _hyperprior(model, name, coder) for names in LATENTS.values() for name in names}
    return LearnedVideo(point, model, priors, int(gop))


def _transforms(point: OperatingPoint) -> str:
    return dict(point.options).get("transforms", DEFAULT)


def _hyperprior(model: Model, name: str, coder: Coder) -> Hyperprior:
    """Frame by frame in either direction, and in plain layout, so that the batch shows in no bit."""
    prefix = f"{name}_hyperprior"
    network = model.network.get_submodule(prefix)

    def analyse(y: Tensor) -> Tensor:
        return in_fixed_batches(network.hyper_encoder, 1, y).clone(memory_format=torch.contiguous_format)

    return Hyperprior(
        model.bottleneck(f"{prefix}.entropy_bottleneck", coder),
        model.gaussian(f"{prefix}.gaussian_conditional", coder),
        analyse=analyse,
        predict=lambda z: (network.hyper_decoder_scale(z), network.hyper_decoder_mean(z)),
        stride=MULTIPLE,
    )


@dataclass(frozen=True, eq=False)
class LearnedVideo:
    """A codec for one lane: the shared network, and three hyperpriors with a coder of its own.

    batch:  GOPs in step; None for what the device and the frames' size suggest.
    """

    point: OperatingPoint
    model: Model
    priors: Mapping[str, Hyperprior]
    gop: int
    batch: int | None = None

    def encoder(self, stream: Stream, watch: Watch | None = None) -> FlowEncoder:
        """See `core.protocols.Codec`; `watch` as `FlowEncoder` has it."""
        padding = Padding(stream.height, stream.width, MULTIPLE)
        terms = self._terms(padding)
        latent = padding.padded[0] // MULTIPLE, padding.padded[1] // MULTIPLE
        header = header_of(self.model, padding, latent, vars(terms))
        return FlowEncoder(FlowSteps(self.model, self.priors, terms), header, padding, self.gop, watch)

    def decoder(self, header: Mapping[str, Any]) -> FlowDecoder:
        """See `core.protocols.Codec`. It raises EntropyDesync rather than give a wrong picture."""
        padding, latent = geometry_of(header, self.model, MULTIPLE, MULTIPLE)
        steps = FlowSteps(self.model, self.priors, Terms.of(header), header)
        flow_transforms(self.model, steps.terms.transforms)  # refuses a stream whose arithmetic this device lacks
        ahead = max(1, BUDGET_BYTES // (BYTES_HELD * padding.padded[0] * padding.padded[1]))
        return FlowDecoder(steps, padding, latent, ahead)

    def _terms(self, padding: Padding) -> Terms:
        """On the CPU one frame at a time: a batch gains nothing there. On a GPU some GOPs, within a budget of memory.

        Only the frames' size and the device decide, so that a stream's bytes do not depend on how it came.
        """
        threads = min(torch.get_num_threads(), MOST_THREADS) if self.model.device.type == "cpu" else 1
        batch = self.batch or min(frames_at_once(padding.padded, self.model.device), MOST_GOPS)
        return Terms(_transforms(self.point), batch, threads)
