"""CompressAI's image models as architectures: by their names there, with the widths that its zoo gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ahc_stream.codecs.learned.architecture import Channels, LearnedArchitecture
from ahc_stream.codecs.learned.checkpoint import State

if TYPE_CHECKING:
    from compressai.models import CompressionModel


def compressai_image(name: str, *widths: str) -> LearnedArchitecture:
    """An image model of CompressAI's.

    name:    as its registry of models has it. Its zoo's own table of classes misspells one of them.
    widths:  the tensors of a checkpoint whose first axis has its channels (N, M), or N alone.
    """

    def channels(quality: float) -> Channels:
        from compressai.zoo import image

        of_quality: Channels = image.cfgs[name][quality]
        return of_quality

    def channels_of(state: State) -> Channels:
        return tuple(state[tensor].shape[0] for tensor in widths)

    return LearnedArchitecture(registered(name), channels, channels_of)


def registered(name: str) -> Callable[..., CompressionModel]:
    """What builds the model of that name in CompressAI's registry."""

    def build(*channels: int) -> CompressionModel:
        from compressai import models, registry  # its models enter themselves into the registry on import

        assert models, "imported for that"
        return registry.MODELS[name](*channels)

    return build
