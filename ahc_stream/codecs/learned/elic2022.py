"""He et al. 2022, "ELIC: Efficient Learned Image Compression with Unevenly Grouped Space-Channel Contextual Adaptive
Coding", https://arxiv.org/abs/2203.10886.

Five groups of channels, each a checkerboard: ten steps whatever the picture's size. There are the paper's networks, and
those of V. Chandelier's implementation, where a group sees the first group and the one before it alone, and means come
before scales. CompressAI has both, and weights of neither.
"""

from __future__ import annotations

from itertools import count, takewhile

import torch

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.architecture import Channels, LearnedArchitecture
from ahc_stream.codecs.learned.channel_groups import ChannelGroups
from ahc_stream.codecs.learned.checkpoint import State
from ahc_stream.codecs.learned.compressai_image import registered
from ahc_stream.codecs.learned.image import LearnedImage
from ahc_stream.codecs.learned.model import load
from ahc_stream.codecs.learned.stepped_prior import SteppedPrior
from ahc_stream.core.point import OperatingPoint

GROUPS = (16, 16, 32, 64, 192)
"""Channels of the latent, as the paper groups them."""

WIDTHS = (192, sum(GROUPS), GROUPS)
"""Of the paper: channels of the transforms and of the latent, and of its groups."""

SPREADS = {
    "g_a": (2.0, 0.0),
    r"latent_codec\.hyper\.h_a": (2.0, 0.0),
    r"latent_codec\.(hyper\.h_s|y\.channel_context\.y\d+)": (0.5, 0.0),
    r"latent_codec\.y\.latent_codec\.y\d+\.entropy_parameters": (0.5, 1.5),
    "g_s": (0.15, 0.5),
}


def elic(name: str) -> LearnedArchitecture:
    """A model of CompressAI's by its name in the registry."""
    return LearnedArchitecture(registered(name), lambda quality: WIDTHS, _channels_of, spreads=SPREADS)


def _channels_of(state: State) -> Channels:
    """CompressAI's own class takes checkpoints of the paper's groups alone."""
    contexts = (f"latent_codec.y.latent_codec.y{group}.context_prediction.weight" for group in count())
    groups = tuple(state[name].shape[1] for name in takewhile(state.__contains__, contexts))
    return state["g_a.0.weight"].shape[0], sum(groups), groups


OFFICIAL = elic("elic2022-official")
CHANDELIER = elic("elic2022-chandelier")


def official(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec elic2022-official; `weights` as `model.load` takes them."""
    return _codec(point, OFFICIAL, device, weights, coder)


def chandelier(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> LearnedImage:
    """The codec elic2022-chandelier; `weights` as `model.load` takes them."""
    return _codec(point, CHANDELIER, device, weights, coder)


def _codec(
    point: OperatingPoint,
    architecture: LearnedArchitecture,
    device: torch.device,
    weights: str | None,
    coder: Coder,
) -> LearnedImage:
    model = load(point, architecture, device, weights)
    groups = ChannelGroups.of(model, "latent_codec.y", coder)
    return LearnedImage(point, model, SteppedPrior.of(model, coder, groups))
