"""Video classifiers: how each architecture is built, what it wants to see, how many frames it looks at.

I3D is ours (`i3d`); the others are torchvision's, with its own state dicts and reference transforms. Networks of
single pictures become video classifiers as the study's EfficientNet does: features averaged over the frames, then one
linear layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from ahc_stream.tasks.classification.models import RECIPES
from ahc_stream.tasks.classification.preprocessing import NORMALISATIONS
from ahc_stream.tasks.networks.architectures import picture_network, torchvision_network
from ahc_stream.tasks.networks.i3d import LEAST_FRAMES, InceptionI3d
from ahc_stream.tasks.pixels.preset import Preset

_KINETICS = (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)  # mean and deviation


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    build:    number of classes -> the network, float32 [N, 3, T, H, W] -> logits [N, classes], weights not set.
    head:     the name of its last layer, a linear one or a convolution of one pixel.
    window:   frames that it looks at, as published.
    step:     which frames those are: every step-th, so that 30 frames/s come to about the rate it was trained at.
    least:    fewest frames that it can take.
    prefix:   what its layers are called here before their name in a file: a network of pictures is a part of ours.
    """

    build: Callable[[int], nn.Module]
    head: str
    preset: Preset
    window: int
    step: int = 1
    least: int = 1
    prefix: str = ""


def find_head(network: nn.Module, architecture: Architecture) -> nn.Linear | nn.Conv3d:
    """The last layer, whose weight is [classes, features, ...]."""
    return cast(nn.Linear | nn.Conv3d, network.get_submodule(architecture.head))


def replace_head(network: nn.Module, architecture: Architecture, head: nn.Module) -> None:
    """Puts another last layer in; `nn.Identity` makes the network one of features."""
    parent, _, name = architecture.head.rpartition(".")
    setattr(network.get_submodule(parent), name, head)


class PerFrame(nn.Module):
    """A network of pictures over the frames of a window; the mean of its logits, which are linear in the features."""

    def __init__(self, picture: nn.Module) -> None:
        super().__init__()
        self.picture = picture

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N, 3, T, H, W] -> logits [N, classes]."""
        count, _, length = x.shape[:3]
        pictures = x.transpose(1, 2).flatten(0, 1)
        logits: Tensor = self.picture(pictures)
        return logits.reshape(count, length, -1).mean(dim=1)


def _torchvision(name: str) -> Callable[[int], nn.Module]:
    return lambda classes: torchvision_network(name, classes)


def _per_frame(name: str) -> Callable[[int], nn.Module]:
    return lambda classes: PerFrame(picture_network(name, classes))


_SMALL = Preset((128, 171), 112, *_KINETICS)

ARCHITECTURES: Mapping[str, Architecture] = {
    "i3d": Architecture(
        InceptionI3d, "logits.conv3d", Preset((256,), 224, *NORMALISATIONS["signed"]), window=64, least=LEAST_FRAMES
    ),
    "r3d_18": Architecture(_torchvision("r3d_18"), "fc", _SMALL, window=16, step=2),
    "mc3_18": Architecture(_torchvision("mc3_18"), "fc", _SMALL, window=16, step=2),
    "r2plus1d_18": Architecture(_torchvision("r2plus1d_18"), "fc", _SMALL, window=16, step=2),
    "s3d": Architecture(
        _torchvision("s3d"), "classifier.1", Preset((256, 256), 224, *_KINETICS), window=128, step=2, least=14
    ),
    "efficientnet_b0": Architecture(
        _per_frame("efficientnet_b0"),
        "picture.classifier.1",
        Preset((256,), 224, *NORMALISATIONS["imagenet"], cubic=True, antialias=True),
        window=16,
        prefix="picture.",
    ),
    "efficientnet_lite0": Architecture(
        _per_frame(RECIPES["efficientnet_lite0-imagenet"].architecture),
        "picture.classifier",
        RECIPES["efficientnet_lite0-imagenet"].preprocessing.preset(),
        window=16,
        prefix="picture.",
    ),
}
"""Windows and rates are those that the published accuracies were measured with. Of I3D, DeepMind's test looks at whole
clips of 25 frames/s; 64 frames is the length that it was trained on."""
