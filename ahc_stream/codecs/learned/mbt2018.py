"""Minnen et al. 2018, "Joint autoregressive and hierarchical priors for learned image compression".

https://arxiv.org/abs/1809.02736: the mean-scale hyperprior alone, and with the context model.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.compressai_image import compressai_image
from ahc_stream.codecs.learned.context_prior import ContextPrior
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.priors import GaussianParameters, Hyperprior
from ahc_stream.core.point import OperatingPoint

MEAN_SCALE = compressai_image("mbt2018-mean", "g_a.0.weight", "g_a.6.weight")
CONTEXT = compressai_image("mbt2018", "g_a.0.weight", "g_a.6.weight")


def mean_scale(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec mbt2018-mean; `weights` as `model.load` takes them."""
    model = load(point, MEAN_SCALE, device, weights)
    bottleneck = model.bottleneck("entropy_bottleneck", coder)
    gaussian = model.gaussian("gaussian_conditional", coder)
    return LearnedImage(point, model, mean_scale_prior(model, bottleneck, gaussian))


def mean_scale_prior(model: Model, bottleneck: Bottleneck, gaussian: Gaussian) -> Hyperprior:
    """Scales and means, by the model's networks `h_a` and `h_s`."""
    network = model.network

    def predict(z: Tensor) -> GaussianParameters:
        scales, means = network.h_s(z).chunk(2, 1)
        return scales, means

    return Hyperprior(bottleneck, gaussian, network.h_a, predict)


def context(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec mbt2018; `weights` as `model.load` takes them."""
    model = load(point, CONTEXT, device, weights)
    return LearnedImage(point, model, ContextPrior.of(model, coder, dict(point.options)))
