"""An image classifier from the task's options: which network, its weights, its preprocessing, its classes' names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ahc_stream import weights
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.foreign_text import shown
from ahc_stream.tasks.classification.models import KERAS, RECIPES, Recipe, names_of
from ahc_stream.tasks.classification.preprocessing import NORMALISATIONS, Preprocessing
from ahc_stream.tasks.classification.task import Classification
from ahc_stream.tasks.networks.architectures import picture_network
from ahc_stream.tasks.networks.backends import runner
from ahc_stream.tasks.networks.checkpoint import fill, read_metadata, read_state
from ahc_stream.tasks.networks.weight_file import existing_file, is_path

IMAGENET_CLASSES = 1000
DEFAULT_SIZE = 224

_KERAS_SUFFIXES = (".h5", ".hdf5", ".json")
_TORCH_SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt")

_DEFAULTS = {"fit": "crop", "resize": "bilinear", "normalise": "imagenet"}
"""Of a file of torch weights that does not say how its network's input is made."""


@dataclass(frozen=True, eq=False)
class ClassifierNetwork:
    """A network on the CPU. `size` is its side in pixels, 0 where it takes any; `classes` those that its file names."""

    network: nn.Module
    recipe: Recipe
    is_probability: bool
    size: int
    classes: tuple[str, ...]


def make(options: Mapping[str, str], device: torch.device) -> Classification:
    """The task with its network on `device`.

    Raises MissingData without the weights, MissingExtra, UnknownName, and InvalidValue for options or a file that do
    not fit one another.
    """
    build = _build(options)
    preprocessing = _preprocessing(options, build)
    names = _names(options, build.recipe.classes, build.classes)
    module = build.network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    network = runner(module, options["backend"])
    task = Classification(network, preprocessing.preset(), names, build.is_probability)
    _check_outputs(task, device, options["model"])
    return task


def known_classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the network knows, without its weights. Raises what `make` raises of a file that
    does not say them."""
    model = options["model"]
    if is_path(model):
        return _names(options, "", _own_classes(_metadata(_own_file(model))))
    return _names(options, _recipe(model).classes, ())


def load(name: str) -> nn.Module:
    """The network of a name of RECIPES with its weights, on the CPU. Raises MissingData, MissingExtra, InvalidValue."""
    return _loaded(RECIPES[name], weights.find(name), {}).network


def _build(options: Mapping[str, str]) -> ClassifierNetwork:
    model = options["model"]
    if not is_path(model):
        return _loaded(_recipe(model), weights.find(model), {})
    path = _own_file(model)
    if path.suffix in _KERAS_SUFFIXES:
        return _loaded(Recipe("keras", KERAS, ""), path, {})
    metadata = _metadata(path)
    return _loaded(_own_recipe(path, options["arch"], metadata), path, metadata)


def _recipe(model: str) -> Recipe:
    if model not in RECIPES:
        raise UnknownName.among("image classifier", model, RECIPES)
    return RECIPES[model]


def _own_file(model: str) -> Path:
    """The path of a user's file. Raises InvalidValue for another suffix than those of weights, and MissingData."""
    known = (*_KERAS_SUFFIXES, *_TORCH_SUFFIXES)
    if Path(model).suffix not in known:
        todo = f"name a file that ends in {', '.join(known)}"
        raise InvalidValue("weights of an image classifier", model, todo)
    return existing_file(model, "an image classifier")


def _metadata(path: Path) -> Mapping[str, str]:
    """What a file of safetensors says of its network; nothing of another file."""
    return read_metadata(path) if path.suffix == ".safetensors" else {}


def _own_classes(metadata: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(metadata["classes"].split("\n")) if "classes" in metadata else ()


def _own_recipe(path: Path, arch: str, metadata: Mapping[str, str]) -> Recipe:
    """The recipe of a user's file of torch weights: what tools/train_lesion.py writes beside them, or the options."""
    known = metadata.get("architecture", "")
    if arch == "auto" and not known:
        raise InvalidValue(f"the architecture of {path}", "a file that does not say it", "say it: arch=densenet201")
    if known and arch not in ("auto", known):
        raise InvalidValue(f"arch={known}, as {path} says", f"arch={arch}", "leave arch out")
    choices = {name: metadata.get(name, default) for name, default in _DEFAULTS.items()}
    return Recipe(known or arch, Preprocessing(_size(path, metadata), **choices), "")


def _size(path: Path, metadata: Mapping[str, str]) -> int:
    size = metadata.get("size", "0")
    if not size.isdecimal():
        raise InvalidValue(f"a whole number of pixels as size in {path}", shown(size), "write the metadata again")
    return int(size)


def _loaded(recipe: Recipe, path: Path, metadata: Mapping[str, str]) -> ClassifierNetwork:
    classes = _own_classes(metadata)
    if recipe.architecture == "keras":
        from ahc_stream.tasks.networks import keras

        graph = keras.load(path)
        return ClassifierNetwork(graph, recipe, graph.is_probability, min(graph.size or (0, 0)), classes)
    state = {_renamed(name): tensor for name, tensor in read_state(path).items()}
    network = picture_network(recipe.architecture, IMAGENET_CLASSES)
    if recipe.in_order:
        state = _in_order(network, state, path)
    last = list(network.state_dict())[-1]
    if last in state and len(state[last]) != IMAGENET_CLASSES:
        network = picture_network(recipe.architecture, len(state[last]))
    fill(network, state, path)
    return ClassifierNetwork(network, recipe, False, 0, classes)


def _renamed(name: str) -> str:
    """torchvision's DenseNet files are older than its names: "denselayer1.norm.1.weight" is "norm1.weight" now."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.(\d\.)", r"\1\2", name)


def _in_order(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The tensors under the network's names, which stand in the same order. Raises InvalidValue where shapes differ."""
    own = network.state_dict()
    shapes = [[tensor.shape for tensor in tensors.values()] for tensors in (own, state)]
    if shapes[0] != shapes[1]:
        raise InvalidValue(f"the tensors of that network, in its order, in {path}", "others", "fetch the file again")
    return dict(zip(own, state.values(), strict=True))


def _preprocessing(options: Mapping[str, str], build: ClassifierNetwork) -> Preprocessing:
    """What the recipe says, and the options over it. Raises InvalidValue where the two leave something open."""
    preprocessing = build.recipe.preprocessing.overruled(options)
    if not preprocessing.normalise:
        todo = f"say what it was trained with: normalise={'|'.join(NORMALISATIONS)}"
        got = f"{options['model']}, which does not"
        raise InvalidValue("a file that says how its input is normalised", got, todo)
    if build.size and preprocessing.size not in (0, build.size):
        todo = f"leave size out: the network was built for {build.size} pixels"
        raise InvalidValue(f"size={build.size}", f"size={preprocessing.size}", todo)
    return replace(preprocessing, size=preprocessing.size or build.size or DEFAULT_SIZE)


def _names(options: Mapping[str, str], published: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the option names, or else the recipe (`published`), or else the file itself (`own`). Raises
    InvalidValue without any."""
    name = published if options["classes"] == "auto" else options["classes"]
    if name:
        return names_of(name)
    if not own:
        todo = "name them, in the network's order: classes=isic, or classes=FILE with one a line"
        raise InvalidValue("a file that names its classes", f"{options['model']}, which does not", todo)
    return own


def _check_outputs(task: Classification, device: torch.device, model: str) -> None:
    """One grey frame goes through the task. Raises InvalidValue where outputs and names differ in number."""
    side = task.preset.crop
    with torch.inference_mode():
        grey = torch.full((1, 3, side, side), 128, dtype=torch.uint8, device=device)
        outputs = task.network(task.preset.apply(grey)).shape[1:]
    if tuple(outputs) != (len(task.classes),):
        todo = "name the classes of that network: classes=FILE, one a line"
        raise InvalidValue(f"{len(task.classes)} outputs, one per class", f"{list(outputs)} from {model}", todo)
