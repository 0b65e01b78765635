"""A network of semantic segmentation from the task's options: torchvision's, its weights, its classes' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ahc_stream import weights
from ahc_stream.core.class_names import read_class_names
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.tasks.networks.backends import runner
from ahc_stream.tasks.networks.checkpoint import fill, read_state
from ahc_stream.tasks.networks.weight_file import existing_file, is_path
from ahc_stream.tasks.semantic.score import BACKGROUND
from ahc_stream.tasks.semantic.task import Semantic
from ahc_stream.weights.semantic import FILES, SUFFIX

VOC = (
    *(BACKGROUND, "airplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("dining table", "dog", "horse", "motorcycle", "person", "potted plant", "sheep", "couch", "train", "tv"),
)
"""Pascal VOC's classes in its order, by COCO's names, which labels use too."""
MOST_CLASSES = 255
"""A class map has 8 bits, and one value says that nothing counts there."""

_AUXILIARY = "aux_classifier."
"""How tensors of a second head begin, of which only training makes use."""


def make(options: Mapping[str, str], device: torch.device) -> Semantic:
    """The task with its network on `device`. Raises MissingData without the weights, UnknownName, and InvalidValue for
    options or a file that do not fit one another."""
    architecture, path = _source(options)
    classes = known_classes(options)
    network = Logits(_network(architecture, len(classes)))
    state = read_state(path)
    kept = {name: tensor for name, tensor in state.items() if not name.startswith(_AUXILIARY)}
    fill(network.network, kept, path)
    module = network.eval().requires_grad_(False).to(device)
    return Semantic(runner(module, options["backend"]), classes, int(options["size"]))


def check(options: Mapping[str, str]) -> None:
    """Raises what `make` would raise of the options, without reading weights."""
    if not is_path(options["model"]):
        _of_table(options["model"])
    elif options["arch"] not in FILES:
        raise UnknownName.among("architecture of semantic segmentation", options["arch"], FILES)
    known_classes(options)


def known_classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the network knows, the background first. Raises MissingData and InvalidValue."""
    if options["classes"] == "voc":
        return VOC
    path = Path(options["classes"]).expanduser()
    names = read_class_names(path)
    if names[0] != BACKGROUND or len(names) > MOST_CLASSES:
        got = f"{len(names)} names, the first {names[0]!r}"
        raise InvalidValue(f"{BACKGROUND} first, and at most {MOST_CLASSES} names, in {path}", got, "write it again")
    return names


class Logits(nn.Module):
    """A network of torchvision without its dictionary: float32 [N, 3, H, W] -> [N, classes, H, W]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """The logits of the main head."""
        logits: Tensor = self.network(pictures)["out"]
        return logits


def _source(options: Mapping[str, str]) -> tuple[str, Path]:
    """The architecture and its file."""
    model = options["model"]
    if is_path(model):
        return options["arch"], existing_file(model, "semantic segmentation")
    return _of_table(model), weights.find(model)


def _of_table(model: str) -> str:
    architectures: Sequence[str] = list(FILES)
    names = {f"{architecture}{SUFFIX}": architecture for architecture in architectures}
    if model not in names:
        raise UnknownName.among("weights of semantic segmentation", model, names)
    return names[model]


def _network(architecture: str, classes: int) -> nn.Module:
    """Without weights and without a second head. Raises UnknownName."""
    if architecture not in FILES:
        raise UnknownName.among("architecture of semantic segmentation", architecture, FILES)
    from torchvision.models import segmentation

    network: nn.Module = getattr(segmentation, architecture)(weights=None, weights_backbone=None, num_classes=classes)
    return network
