"""Balle et al. 2018, "Variational image compression with a scale hyperprior", https://arxiv.org/abs/1802.01436."""

from __future__ import annotations

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.compressai_image import compressai_image
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.model import Model, load
from ahc_stream.codecs.learned.priors import FactorizedPrior, GaussianParameters, Hyperprior
from ahc_stream.core.point import OperatingPoint

FACTORIZED = compressai_image("bmshj2018-factorized", "g_a.0.weight", "g_a.6.weight")
FACTORIZED_RELU = compressai_image("bmshj2018-factorized-relu", "g_a.0.weight", "g_a.6.weight")
HYPERPRIOR = compressai_image("bmshj2018-hyperprior", "g_a.0.weight", "g_a.6.weight")


def factorized(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec bmshj2018-factorized; `weights` as `model.load` takes them."""
    return _factorized(point, load(point, FACTORIZED, device, weights), coder)


def factorized_relu(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec bmshj2018-factorized-relu: rectifiers where the paper has GDN. `weights` as `model.load` takes them."""
    return _factorized(point, load(point, FACTORIZED_RELU, device, weights), coder)


def _factorized(point: OperatingPoint, model: Model, coder: Coder) -> LearnedImage:
    return LearnedImage(point, model, FactorizedPrior(model.bottleneck("entropy_bottleneck", coder)))


def hyperprior(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec bmshj2018-hyperprior: Gaussians of mean 0. `weights` as `model.load` takes them."""
    model = load(point, HYPERPRIOR, device, weights)
    bottleneck = model.bottleneck("entropy_bottleneck", coder)
    gaussian = model.gaussian("gaussian_conditional", coder)
    return LearnedImage(point, model, scale_prior(model, bottleneck, gaussian))


def scale_prior(model: Model, bottleneck: Bottleneck, gaussian: Gaussian) -> Hyperprior:
    """Scales alone, from the magnitudes of the latent, by the model's networks `h_a` and `h_s`."""
    network = model.network

    def analyse(y: Tensor) -> Tensor:
        z: Tensor = network.h_a(torch.abs(y))
        return z

    def predict(z: Tensor) -> GaussianParameters:
        return network.h_s(z), None

    return Hyperprior(bottleneck, gaussian, analyse, predict)
