"""Agustsson et al. 2020, "Scale-space flow for end-to-end optimized video compression", CVPR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.architecture import Channels, LearnedArchitecture
from ahc_stream.codecs.learned.flow_networks import FlowWidths, scale_space_flow
from ahc_stream.codecs.learned.flow_steps import LATENTS
from ahc_stream.codecs.learned.flow_transforms import flow_transforms
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.priors import Hyperprior
from ahc_stream.codecs.learned.video import MULTIPLE, LearnedVideo
from ahc_stream.core.batches import in_fixed_batches
from ahc_stream.core.point import OperatingPoint

if TYPE_CHECKING:
    from compressai.models import CompressionModel


def _channels(_: float) -> Channels:
    return (FlowWidths(),)


def _channels_of(state: Mapping[str, Tensor]) -> Channels:
    return (FlowWidths.of(state),)


def _code_two_frames(networks: CompressionModel, picture: Tensor) -> None:
    networks([picture, picture.roll(2, dims=3)])


SCALE_SPACE_FLOW = LearnedArchitecture(scale_space_flow, _channels, _channels_of, _code_two_frames)


def codec(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedVideo:
    """The codec ssf2020; `weights` as `model.load` takes them.

    Options: gop, frames per GOP; transforms, see `flow_transforms`. Raises CodecError for transforms that the device
    cannot do.
    """
    model, options = load(point, SCALE_SPACE_FLOW, device, weights), dict(point.options)
    flow_transforms(model, options["transforms"])
    names = [name for of_type in LATENTS.values() for name in of_type]
    priors = {name: _hyperprior(model, name, coder) for name in names}
    return LearnedVideo(point, model, priors, options["transforms"], int(options["gop"]))


def _hyperprior(model: Model, name: str, coder: Coder) -> Hyperprior:
    """Frame by frame in either direction, and in plain layout, so that the batch shows in no bit."""
    prefix = f"{name}_hyperprior"
    network = model.network.get_submodule(prefix)

    def analyse(y: Tensor) -> Tensor:
        z = in_fixed_batches(network.hyper_encoder, 1, y)
        return z.clone(memory_format=torch.contiguous_format)

    def predict(z: Tensor) -> tuple[Tensor, Tensor]:
        return network.hyper_decoder_scale(z), network.hyper_decoder_mean(z)

    return Hyperprior(
        model.bottleneck(f"{prefix}.entropy_bottleneck", coder),
        model.gaussian(f"{prefix}.gaussian_conditional", coder),
        analyse,
        predict,
        stride=MULTIPLE,
    )
