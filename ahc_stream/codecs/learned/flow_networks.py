"""ScaleSpaceFlow at any widths. CompressAI's class has one set of widths, and no arguments to change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from compressai.models.video import ScaleSpaceFlow

Widths = tuple[int, int]


@dataclass(frozen=True)
class FlowWidths:
    """Of the networks for I frames, motion and residuals each: channels inside the transforms, and of the latent.

    A hyperprior is as wide as its latent. The defaults are CompressAI's and the paper's.
    """

    image: Widths = (128, 192)
    motion: Widths = (128, 192)
    residual: Widths = (128, 192)

    @classmethod
    def of(cls, state: Mapping[str, Tensor]) -> FlowWidths:
        """The widths of a checkpoint."""

        def widths(latent: str) -> Widths:
            first, last = (state[f"{latent}_encoder.{layer}.weight"] for layer in (0, 6))
            return first.shape[0], last.shape[0]

        return cls(widths("img"), widths("motion"), widths("res"))


def scale_space_flow(widths: FlowWidths) -> ScaleSpaceFlow:
    """CompressAI's model with the parts of its own classes, of these widths, on the CPU, not trained."""
    from compressai.models.video import ScaleSpaceFlow

    with torch.device("meta"):  # the full-width parts are only asked for their classes
        model = ScaleSpaceFlow()
    encoder, decoder = type(model.img_encoder), type(model.img_decoder)
    hyperprior = type(model.img_hyperprior)
    combined = widths.residual[1] + widths.motion[1]  # the residual's decoder sees the motion's latent too
    parts = {
        "img": (3, 3, widths.image, widths.image[1]),
        "motion": (6, 3, widths.motion, widths.motion[1]),
        "res": (3, 3, widths.residual, combined),
    }
    for name, (channels_in, channels_out, (middle, latent), decoded) in parts.items():
        setattr(model, f"{name}_encoder", encoder(channels_in, middle, latent))
        setattr(model, f"{name}_decoder", decoder(channels_out, decoded, middle))
        setattr(model, f"{name}_hyperprior", hyperprior(latent, latent))
    return model
