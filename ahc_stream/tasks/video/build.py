"""A video classifier from its options: architecture, weights, class names, windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ahc_stream import weights
from ahc_stream.core.class_names import read_class_names
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.tasks.classification import build as classification
from ahc_stream.tasks.classification.models import RECIPES
from ahc_stream.tasks.networks.backends import runner
from ahc_stream.tasks.networks.checkpoint import fill, read_state
from ahc_stream.tasks.networks.weight_file import existing_file, is_path, weight_file
from ahc_stream.tasks.pixels.preset import Preset
from ahc_stream.tasks.video.head import Head, put_head, read_head
from ahc_stream.tasks.video.kinetics_ucf101 import KINETICS_OF_UCF101
from ahc_stream.tasks.video.models import ARCHITECTURES, Architecture, PerFrame, find_head
from ahc_stream.tasks.video.task import VideoClassification
from ahc_stream.tasks.video.windows import Windows

KINETICS_CLASSES = 400

Merge = tuple[tuple[str, ...], Tensor]
"""Names of classes, and float64 [outputs, classes] of 0 and 1: which outputs of the network a class is the sum of."""


@dataclass(frozen=True, eq=False)
class NetworkChoice:
    """What the options `model` and `arch` come to: an architecture, and where its weights are."""

    architecture: Architecture
    weights: str
    head: Head | None = None


def check(options: Mapping[str, str]) -> None:
    """Raises what `make` raises of options that do not fit one another, and of the network that a head stands on."""
    architecture = choose(options).architecture
    _preset(architecture.preset, options)
    _windows(architecture, options)


def make(options: Mapping[str, str], device: torch.device) -> VideoClassification:
    """The task with its network on `device`.

    Raises MissingData without the weights, MissingExtra, UnknownName, and InvalidValue for options or a file that do
    not fit one another.
    """
    choice = choose(options)
    preset, windows = _preset(choice.architecture.preset, options), _windows(choice.architecture, options)
    network = load(choice)
    outputs = _class_names(options["classes"], choice, network)
    classes, merge = _unmerged(outputs) if options["names"] == "own" else _of_ucf101(outputs)
    network = network.eval().requires_grad_(False).to(device)
    return VideoClassification(runner(network, options["backend"]), preset, windows, classes, merge.to(device))


def known_classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the classes that the network knows, without its weights: those of a file, a head's own, or Kinetics'
    400. Raises what `make` raises of them."""
    outputs = _named_classes(options["classes"], choose(options)) or kinetics_names()
    return outputs if options["names"] == "own" else _of_ucf101(outputs)[0]


def choose(options: Mapping[str, str]) -> NetworkChoice:
    """Architecture and weights. Of a head, its metadata says both; of a name, what stands before the dash."""
    model, arch = options["model"], options["arch"]
    head = read_head(existing_file(model, "a video classifier")) if is_path(model) else None
    if head is not None:
        name = _agreed(model, head.architecture, arch)
    elif not is_path(model):
        name = _agreed(model, model.rpartition("-")[0], arch)
    elif arch == "auto":
        todo = f"say which with arch={'|'.join(ARCHITECTURES)}"
        raise InvalidValue(f"a file that says its architecture, in {model}", "a state dict, which does not", todo)
    else:
        name = arch
    if name not in ARCHITECTURES:
        raise UnknownName.among("video classifier", model, known_weights())
    if head is None:
        return NetworkChoice(ARCHITECTURES[name], model)
    weights.find(head.backbone)  # a run that lacks it says so before it starts
    return NetworkChoice(ARCHITECTURES[name], head.backbone, head)


def _agreed(model: str, architecture: str, arch: str) -> str:
    """The architecture that the model says. Raises InvalidValue where the option says another one."""
    if arch not in ("auto", architecture):
        expected = f"arch={architecture}, the architecture of {model}"
        raise InvalidValue(expected, f"arch={arch}", "leave arch out")
    return architecture


def load(choice: NetworkChoice) -> nn.Module:
    """The network with its weights, on the CPU."""
    if choice.weights in RECIPES:
        network: nn.Module = PerFrame(classification.load(choice.weights))
    else:
        network = _filled(choice)
    if choice.head:
        put_head(network, choice.architecture, choice.head)
    return network


def _filled(choice: NetworkChoice) -> nn.Module:
    path = weight_file(choice.weights, "a video classifier")
    state = {f"{choice.architecture.prefix}{name}": tensor for name, tensor in read_state(path).items()}
    last_weight = state.get(f"{choice.architecture.head}.weight")
    network = choice.architecture.build(KINETICS_CLASSES if last_weight is None else len(last_weight))
    fill(network, state, path)
    return network


def kinetics_names() -> tuple[str, ...]:
    """The 400 classes in their order, which is the alphabet's, as torchvision ships them."""
    from torchvision.models.video import R2Plus1D_18_Weights

    return tuple(R2Plus1D_18_Weights.KINETICS400_V1.meta["categories"])


def known_weights() -> list[str]:
    """The names in the table of weights that are of an architecture here."""
    return [name for name in weights.WEIGHTS if name.rpartition("-")[0] in ARCHITECTURES]


def _class_names(classes: str, choice: NetworkChoice, network: nn.Module) -> tuple[str, ...]:
    """The names of the network's outputs: a head's own, those of a file, or Kinetics' where there are 400."""
    outputs = len(find_head(network, choice.architecture).weight)
    names = _named_classes(classes, choice) or (kinetics_names() if outputs == KINETICS_CLASSES else ())
    if len(names) != outputs:
        todo = (
            "name a text file of them, one a line in the network's order, such as UCF101's classInd.txt: classes=FILE"
        )
        raise InvalidValue(f"the names of {outputs} classes", f"{len(names)}", todo)
    return names


def _named_classes(classes: str, choice: NetworkChoice) -> tuple[str, ...]:
    """The names in the file of the option, or else a head's own; none where nobody names them."""
    if classes != "auto":
        return read_class_names(Path(classes).expanduser(), are_numbered=True)
    return choice.head.classes if choice.head else ()


def _unmerged(outputs: Sequence[str]) -> Merge:
    return tuple(outputs), torch.eye(len(outputs), dtype=torch.float64)


def _of_ucf101(outputs: Sequence[str]) -> Merge:
    """Those classes of UCF101 that the network knows by a name of Kinetics, and what each is the sum of."""
    numbers = {name: number for number, name in enumerate(outputs)}
    known = {name: parts for name, parts in KINETICS_OF_UCF101.items() if parts and numbers.keys() >= set(parts)}
    if not known:
        todo = "leave names=ucf101 out: the map is from the classes of Kinetics-400"
        raise InvalidValue("a network with classes of Kinetics-400", f"{', '.join(outputs[:3])} ...", todo)
    merge = torch.zeros(len(outputs), len(known), dtype=torch.float64)
    for column, parts in enumerate(known.values()):
        merge[[numbers[part] for part in parts], column] = 1.0
    return tuple(known), merge


def _preset(published: Preset, options: Mapping[str, str]) -> Preset:
    size, crop = int(options["size"]), int(options["crop"])
    return replace(published, resize=(size,) if size else published.resize, crop=crop or published.crop)


def _windows(architecture: Architecture, options: Mapping[str, str]) -> Windows:
    length = int(options["window"]) or architecture.window
    if length < architecture.least:
        todo = f"ask for window={architecture.least} or more"
        raise InvalidValue(f"a window of at least {architecture.least} frames", str(length), todo)
    step = int(options["step"]) or architecture.step
    return Windows(length, step, int(options["stride"]) or length * step, architecture.least)
