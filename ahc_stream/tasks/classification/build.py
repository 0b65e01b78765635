"""An image classifier from the task's options: which network, its weights, how it is fed, what its classes are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import torch
from torch import Tensor, nn

from ahc_stream import weights
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra, UnknownName
from ahc_stream.tasks.classification.models import KERAS, NORMALISATIONS, RECIPES, Feeding, Recipe, names_of
from ahc_stream.tasks.classification.task import Classification
from ahc_stream.tasks.video.checkpoint import fill, read_safetensors, read_state

_KERAS = (".h5", ".hdf5", ".json")
_TORCH = (".safetensors", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True, eq=False)
class Built:
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
    built = _build(options)
    feeding = _feeding(options, built)
    network = built.network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    task = Classification(network, feeding.preset(), _classes(options, built), built.is_probability)
    return _fitting(task, device, options["model"])


def load(name: str) -> nn.Module:
    """The network of a name of RECIPES with its weights, on the CPU. Raises MissingData, MissingExtra, InvalidValue."""
    return _of_recipe(RECIPES[name], weights.find(name), {}).network


def _build(options: Mapping[str, str]) -> Built:
    model = options["model"]
    if not PurePath(model).suffix:
        if model not in RECIPES:
            raise UnknownName.among("image classifier", model, RECIPES)
        return _of_recipe(RECIPES[model], weights.find(model), {})
    path = Path(model).expanduser()
    if path.suffix not in (*_KERAS, *_TORCH):
        todo = f"name a file that ends in {', '.join((*_KERAS, *_TORCH))}"
        raise InvalidValue("weights of an image classifier", str(path), todo)
    if not path.is_file():
        raise MissingData("the weights of an image classifier", f"no file {path}", "name a file that is there")
    if path.suffix in _KERAS:
        return _of_recipe(Recipe("keras", KERAS, ""), path, {})
    told = read_safetensors(path)[1] if path.suffix == ".safetensors" else {}
    return _of_recipe(_own(path, options["arch"], told), path, told)


def _own(path: Path, arch: str, told: Mapping[str, str]) -> Recipe:
    """The recipe of a file of torch weights: what tools/train_lesion.py writes beside them, or the options."""
    known = told.get("architecture", "")
    if arch == "auto" and not known:
        raise InvalidValue(f"the architecture of {path}", "a file that does not say it", "say it: arch=densenet201")
    if known and arch not in ("auto", known):
        raise InvalidValue(f"arch={known}, as {path} says", f"arch={arch}", "leave arch out")
    said = (told.get(*default) for default in (("fit", "crop"), ("resize", "bilinear"), ("normalise", "imagenet")))
    return Recipe(known or arch, Feeding(int(told.get("size", 0)), *said), "")


def _of_recipe(recipe: Recipe, path: Path, told: Mapping[str, str]) -> Built:
    classes = tuple(told["classes"].split("\n")) if "classes" in told else ()
    if recipe.architecture == "keras":
        from ahc_stream.tasks.networks import keras

        graph = keras.load(path)
        return Built(graph, recipe, graph.is_probability, min(graph.size or (0, 0)), classes)
    state = {_renamed(name): tensor for name, tensor in read_state(path).items()}
    network = architecture(recipe.architecture, 1000)
    if recipe.in_order:
        state = _in_order(network, state, path)
    last = list(network.state_dict())[-1]
    if last in state and len(state[last]) != 1000:
        network = architecture(recipe.architecture, len(state[last]))
    fill(network, state, path)
    return Built(network, recipe, False, 0, classes)


def architecture(name: str, classes: int) -> nn.Module:
    """An untrained network of torchvision, or, of a name that it does not have, of timm. Raises UnknownName and
    MissingExtra."""
    from torchvision import models

    if name in models.list_models(module=models):
        return models.get_model(name, weights=None, num_classes=classes)
    try:
        import timm
    except ModuleNotFoundError as error:
        raise MissingExtra.of("timm", "classification") from error
    if name not in timm.list_models():
        raise UnknownName.among("architecture", name, [*models.list_models(module=models), *timm.list_models()])
    return timm.create_model(name, pretrained=False, num_classes=classes)


def _renamed(name: str) -> str:
    """torchvision's DenseNet files are older than its names: "denselayer1.norm.1.weight" is "norm1.weight" now."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.(\d\.)", r"\1\2", name)


def _in_order(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The tensors under the network's names, which stand in the same order. Raises InvalidValue where shapes differ."""
    wanted = network.state_dict()
    shapes = [[tensor.shape for tensor in tensors.values()] for tensors in (wanted, state)]
    if shapes[0] != shapes[1]:
        raise InvalidValue(f"the tensors of that network, in its order, in {path}", "others", "fetch the file again")
    return dict(zip(wanted, state.values(), strict=True))


def _feeding(options: Mapping[str, str], built: Built) -> Feeding:
    feeding = built.recipe.feeding.asked(options)
    if not feeding.normalise:
        todo = f"say what it was trained with: normalise={'|'.join(NORMALISATIONS)}"
        raise InvalidValue("a file that says how it is fed", f"{options['model']}, which does not", todo)
    if built.size and feeding.size not in (0, built.size):
        todo = f"leave size out: the network was built for {built.size} pixels"
        raise InvalidValue(f"size={built.size}", f"size={feeding.size}", todo)
    return replace(feeding, size=feeding.size or built.size or 224)


def _classes(options: Mapping[str, str], built: Built) -> tuple[str, ...]:
    asked = built.recipe.classes if options["classes"] == "auto" else options["classes"]
    if asked:
        return names_of(asked)
    if not built.classes:
        todo = "name them, in the network's order: classes=isic, or classes=FILE with one a line"
        raise InvalidValue("a file that names its classes", f"{options['model']}, which does not", todo)
    return built.classes


def _fitting(task: Classification, device: torch.device, model: str) -> Classification:
    """The task, after one grey frame went through it. Raises InvalidValue where outputs and names differ in number."""
    side = task.preset.crop
    with torch.inference_mode():
        grey = torch.full((1, 3, side, side), 128, dtype=torch.uint8, device=device)
        outputs = task.network(task.preset.apply(grey)).shape[1:]
    if tuple(outputs) != (len(task.classes),):
        todo = "name the classes of that network: classes=FILE, one a line"
        raise InvalidValue(f"{len(task.classes)} outputs, one per class", f"{list(outputs)} from {model}", todo)
    return task
