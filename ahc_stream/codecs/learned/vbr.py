"""The hyperprior models of CompressAI's zoo with a variable rate: a point's quality is the scale of the latent.

See `variable_rate`. Their published weights code z with a step of its own too, which a network predicts from the scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.architecture import Channels, LearnedArchitecture
from ahc_stream.codecs.learned.bmshj2018 import scale_prior
from ahc_stream.codecs.learned.checkpoint import State
from ahc_stream.codecs.learned.compressai_image import registered
from ahc_stream.codecs.learned.entropy_models import Bottleneck
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.mbt2018 import mean_scale_prior
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.variable_rate import ScaledBottleneck, ScaledGaussian
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

_TABLES = ("_offset", "_quantized_cdf", "_cdf_length")


def variable_rate(name: str) -> LearnedArchitecture:
    """A model of CompressAI's by its name in the registry. Its channels are (N, M, whether z has a step of its own)."""

    return LearnedArchitecture(
        registered(name),
        lambda quality: (*WIDTHS, True),
        _channels_of,
        spreads=VARIABLE_SPREADS,
        cleaned=_without_tables_of_a_scale,
        tune=_update_tables,
    )


def _channels_of(state: State) -> Channels:
    widths = (state[tensor].shape[0] for tensor in ("g_a.0.weight", "g_a.6.weight"))
    return (*widths, "gayn2zqstep.0.weight" in state)


def _without_tables_of_a_scale(state: State) -> State:
    """Tables of z are made for the point's scale, whatever scale they were saved for, and CompressAI's class takes none
    from a checkpoint; nor a tensor that its older checkpoints have."""
    dropped = {"QuantOffset"}
    if "gayn2zqstep.0.weight" in state:
        dropped |= {f"entropy_bottleneck.{name}" for name in _TABLES}
    kept = {name: tensor for name, tensor in state.items() if name not in dropped}
    empty = {name: torch.IntTensor() for name in dropped if name != "QuantOffset"}
    return {**kept, **empty}


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


def hyperprior(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec bmshj2018-hyperprior-vbr: Gaussians of mean 0. `weights` as `model.load` takes them."""
    model = load(point, HYPERPRIOR, device, weights)
    return LearnedImage(point, model, scale_prior(model, *_entropy_models(model, coder)))


def mean_scale(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec mbt2018-mean-vbr; `weights` as `model.load` takes them."""
    model = load(point, MEAN_SCALE, device, weights)
    return LearnedImage(point, model, mean_scale_prior(model, *_entropy_models(model, coder)))


def _entropy_models(model: Model, coder: Coder) -> tuple[Bottleneck, ScaledGaussian]:
    """Those of z and y, at the scale that the model's quality is."""
    network, scale = model.network, torch.tensor(model.quality, dtype=torch.float32, device=model.device)
    of_y = model.gaussian("gaussian_conditional", coder)
    gaussian = ScaledGaussian(of_y.model, of_y.tables, coder, scale, network.QuantABCD)
    bottleneck = model.bottleneck("entropy_bottleneck", coder)
    if network.vr_entbttlnck:
        with torch.no_grad():
            step = _step(network, scale)[0]
        bottleneck = ScaledBottleneck(bottleneck.model, bottleneck.tables, coder, step)
    return bottleneck, gaussian
