"""Cheng et al. 2020, "Learned image compression with discretized Gaussian mixture likelihoods and attention modules".

https://arxiv.org/abs/2001.01568, with one Gaussian instead of a mixture, as CompressAI has it.
"""

from __future__ import annotations

import torch

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.architecture import LearnedArchitecture
from ahc_stream.codecs.learned.checkerboard import Checkerboard
from ahc_stream.codecs.learned.compressai_image import compressai_image
from ahc_stream.codecs.learned.context_prior import ContextPrior
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.model import load
from ahc_stream.codecs.learned.stepped_prior import SteppedPrior
from ahc_stream.core.point import OperatingPoint

ANCHOR = compressai_image("cheng2020-anchor", "g_a.0.conv1.weight")
ATTENTION = compressai_image("cheng2020-attn", "g_a.0.conv1.weight")
CHECKERBOARD = LearnedArchitecture(
    build=compressai_image("cheng2020-anchor-checkerboard").build,
    channels=ANCHOR.channels,
    channels_of=ANCHOR.channels_of,
    spreads={
        "g_a": (2.0, 0.0),
        r"latent_codec\.hyper\.h_a": (2.0, 0.0),
        r"latent_codec\.(hyper\.h_s|y\.entropy_parameters)": (0.5, 1.5),
        "g_s": (0.15, 0.5),
    },
)
"""Of the widths of cheng2020-anchor: CompressAI's zoo names none."""


def anchor(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec cheng2020-anchor; `weights` as `model.load` takes them."""
    model = load(point, ANCHOR, device, weights)
    return LearnedImage(point, model, ContextPrior.of(model, coder, dict(point.options)))


def attention(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec cheng2020-attn; `weights` as `model.load` takes them."""
    model = load(point, ATTENTION, device, weights)
    return LearnedImage(point, model, ContextPrior.of(model, coder, dict(point.options)))


def checkerboard(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec cheng2020-anchor-checkerboard; `weights` as `model.load` takes them."""
    model = load(point, CHECKERBOARD, device, weights)
    board = Checkerboard.of(model, "latent_codec.y", coder)
    return LearnedImage(point, model, SteppedPrior.of(model, coder, board))
