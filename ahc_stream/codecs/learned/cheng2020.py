"""Cheng et al. 2020, "Learned image compression with discretized Gaussian mixture likelihoods and attention modules".

https://arxiv.org/abs/2001.01568, with one Gaussian instead of a mixture, as CompressAI has it.
"""

from __future__ import annotations

import torch

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.compressai_image import compressai_image
from ahc_stream.codecs.learned.context_prior import ContextPrior
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.model import load
from ahc_stream.core.point import OperatingPoint

ANCHOR = compressai_image("cheng2020-anchor", "g_a.0.conv1.weight")
ATTENTION = compressai_image("cheng2020-attn", "g_a.0.conv1.weight")


def anchor(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec cheng2020-anchor; `weights` as `model.load` takes them."""
    model = load(point, ANCHOR, device, weights)
    return LearnedImage(point, model, ContextPrior.of(model, coder, dict(point.options)))


def attention(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec cheng2020-attn; `weights` as `model.load` takes them."""
    model = load(point, ATTENTION, device, weights)
    return LearnedImage(point, model, ContextPrior.of(model, coder, dict(point.options)))
