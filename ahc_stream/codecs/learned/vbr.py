"""The models of CompressAI's zoo with a variable rate: a point's quality is the scale of the latent.

See `variable_rate`. The published weights of the hyperprior models code z with a step of its own too, which a network
predicts from the scale. The context model hears of the scale by a term that a linear layer makes of it, and sees the
values that the synthesis will get, moved ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.architecture import Channels, LearnedArchitecture
from ahc_stream.codecs.learned.bmshj2018 import scale_prior
from ahc_stream.codecs.learned.checkpoint import State
from ahc_stream.codecs.learned.compressai_image import registered
from ahc_stream.codecs.learned.context_prior import ContextPrior
from ahc_stream.codecs.learned.entropy_models import Bottleneck
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.mbt2018 import mean_scale_prior
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.variable_rate import (
    CentredGaussian,
    Float32Offsets,
    Float64Offsets,
    Offsets,
    ScaledBottleneck,
    ScaledGaussian,
    each_frame,
    each_position,
    without_tables,
)
from ahc_stream.core.point import OperatingPoint

if TYPE_CHECKING:
    from compressai.models import CompressionModel

WIDTHS = (192, 320)
"""Of CompressAI's zoo."""

VARIABLE_SPREADS = {
    "g_a": (4.0, 0.0),
    "h_a": (4.0, 0.0),
    "h_s": (1.0, 4.0),
    "g_s": (0.15, 0.5),
}
"""As `SPREADS`, but latents are wide: a scale of 0.1 leaves a tenth of them."""

CONTEXT_SPREADS = {**VARIABLE_SPREADS, "h_s": (0.5, 1.5), "entropy_parameters": VARIABLE_SPREADS["h_s"]}

OFFSETS: Mapping[str, Callable[[nn.Sequential, Tensor], Offsets]] = {
    "float64": Float64Offsets,
    "float32": lambda network, scale: Float32Offsets(network, scale, each_position),
}
"""Of the context model, by the name of its arithmetic."""


def variable_rate(name: str) -> LearnedArchitecture:
    """A model of CompressAI's by its name in the registry. Its channels are (N, M, whether z has a step of its own)."""

    return LearnedArchitecture(
        registered(name),
        lambda quality: (*WIDTHS, True),
        _channels_of,
        spreads=VARIABLE_SPREADS,
        cleaned=_cleaned,
        tune=_update_tables,
    )


def _channels_of(state: State) -> Channels:
    return (*_widths_of(state), "gayn2zqstep.0.weight" in state)


def _widths_of(state: State) -> Channels:
    return tuple(state[tensor].shape[0] for tensor in ("g_a.0.weight", "g_a.6.weight"))


def _cleaned(state: State) -> State:
    """Without z's tables of a step, and a tensor of CompressAI's older checkpoints that its class has no more."""
    kept = {name: tensor for name, tensor in state.items() if name != "QuantOffset"}
    return without_tables(kept, "entropy_bottleneck") if "gayn2zqstep.0.weight" in state else kept


def _update_tables(networks: CompressionModel, quality: float) -> None:
    """As CompressAI's `update(force=True, scale=...)`, for z alone: y's tables are those of the checkpoint."""
    if networks.vr_entbttlnck:
        step = _step(networks, torch.tensor(quality))
        networks.entropy_bottleneck.update_variable(force=True, qs=step)


def _step(networks: CompressionModel, scale: Tensor) -> Tensor:
    """Of z, at a scale: float32 [1]."""
    step: Tensor = networks.lower_bound_zqstep(networks.gayn2zqstep(1.0 / scale.view(1)))
    return step


HYPERPRIOR = variable_rate("bmshj2018-hyperprior-vbr")
MEAN_SCALE = variable_rate("mbt2018-mean-vbr")
CONTEXT = replace(
    variable_rate("mbt2018-vbr"),
    channels=lambda quality: WIDTHS,
    channels_of=_widths_of,
    run=lambda networks, picture: networks(picture, stage=1),
    spreads=CONTEXT_SPREADS,
)
"""Its z has no step of its own. `run` takes the way without a scale, which has the context of all positions at once."""


def hyperprior(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec bmshj2018-hyperprior-vbr: Gaussians of mean 0. `weights` as `model.load` takes them."""
    model = load(point, HYPERPRIOR, device, weights)
    return LearnedImage(point, model, scale_prior(model, *_entropy_models(model, coder)))


def mean_scale(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec mbt2018-mean-vbr; `weights` as `model.load` takes them."""
    model = load(point, MEAN_SCALE, device, weights)
    return LearnedImage(point, model, mean_scale_prior(model, *_entropy_models(model, coder)))


def context(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec mbt2018-vbr; `weights` as `model.load` takes them."""
    model, options = load(point, CONTEXT, device, weights), dict(point.options)
    scale, network = _scale(model), model.network
    with torch.no_grad():
        shift = network.scale_to_context(scale.view(1, 1))[0]
    offsets = OFFSETS[options["arithmetic"]](network.QuantABCD, scale)
    gaussian = CentredGaussian.of(model.gaussian("gaussian_conditional", coder), scale, offsets)
    return LearnedImage(point, model, ContextPrior.of(model, coder, options, gaussian, shift))


def _entropy_models(model: Model, coder: Coder) -> tuple[Bottleneck, ScaledGaussian]:
    """Those of z and y, at the scale that the model's quality is."""
    network, scale = model.network, _scale(model)
    offsets = Float32Offsets(network.QuantABCD, scale, each_frame)
    gaussian = ScaledGaussian.of(model.gaussian("gaussian_conditional", coder), scale, offsets)
    bottleneck = model.bottleneck("entropy_bottleneck", coder)
    if network.vr_entbttlnck:
        with torch.no_grad():
            step = _step(network, scale)[0]
        bottleneck = ScaledBottleneck.of(bottleneck, step)
    return bottleneck, gaussian


def _scale(model: Model) -> Tensor:
    """The model's quality, float32 without dimensions, where the networks are."""
    return torch.tensor(model.quality, dtype=torch.float32, device=model.device)
