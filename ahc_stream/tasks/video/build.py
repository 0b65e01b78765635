"""A video classifier from its options: architecture, weights, class names, windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import torch
from torch import Tensor, nn

from ahc_stream import weights
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.tasks.classification import build as classifier_making
from ahc_stream.tasks.classification.models import RECIPES
from ahc_stream.tasks.networks.weight_file import weight_file
from ahc_stream.tasks.pixels.preset import Preset
from ahc_stream.tasks.video.checkpoint import check_file, fill, read_state
from ahc_stream.tasks.video.head import Head, put_head, read_head
from ahc_stream.tasks.video.kinetics_ucf101 import KINETICS_OF_UCF101
from ahc_stream.tasks.video.models import ARCHITECTURES, Architecture, PerFrame, find_head
from ahc_stream.tasks.video.task import Video
from ahc_stream.tasks.video.windows import Windows

KINETICS_CLASSES = 400


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the options `model` and `arch` come to: an architecture, and where its weights are."""

    architecture: Architecture
    weights: str
    head: Head | None = None


def check(options: Mapping[str, str]) -> None:
    """Raises what `make` raises of options that do not fit one another, and of the network that a head stands on."""
    architecture = choose(options).architecture
    _preset(architecture.preset, options)
    _windows(architecture, options)


def make(options: Mapping[str, str], device: torch.device) -> Video:
    """The task with its network on `device`.

    Raises MissingData without the weights, MissingExtra, UnknownName, and InvalidValue for options or a file that do
    not fit one another.
    """
    chosen = choose(options)
    preset, windows = _preset(chosen.architecture.preset, options), _windows(chosen.architecture, options)
    network = load(chosen)
    outputs = _class_names(options["classes"], chosen, network)
    classes, merge = _own(outputs) if options["names"] == "own" else _in_ucf101(outputs)
    return Video(
        network.eval().requires_grad_(False).to(device),
        preset,
        windows,
        classes,
        merge.to(device),
    )


def choose(options: Mapping[str, str]) -> Chosen:
    """Architecture and weights. Of a head, its metadata says both; of a name, what stands before the dash."""
    model, asked = options["model"], options["arch"]
    is_path = bool(PurePath(model).suffix)
    head = read_head(Path(model).expanduser()) if is_path else None
    known = head.architecture if head else None if is_path else model.rpartition("-")[0]
    if known is None and asked == "auto":
        todo = f"say which with arch={'|'.join(ARCHITECTURES)}"
        raise InvalidValue(f"a file that says its architecture, in {model}", "a state dict, which does not", todo)
    if asked != "auto" and known not in (None, asked):
        raise InvalidValue(f"arch={known}, the architecture of {model}", f"arch={asked}", "leave arch out")
    if (known or asked) not in ARCHITECTURES:
        raise UnknownName.among("video classifier", model, known_weights())
    if head:
        weights.find(head.backbone)  # a run that lacks it says so before it starts
    return Chosen(ARCHITECTURES[known or asked], head.backbone if head else model, head)


def load(chosen: Chosen) -> nn.Module:
    """The network with its weights, on the CPU."""
    network = PerFrame(classifier_making.load(chosen.weights)) if chosen.weights in RECIPES else _filled(chosen)
    if chosen.head:
        put_head(network, chosen.architecture, chosen.head)
    return network


def _filled(chosen: Chosen) -> nn.Module:
    path = weight_file(chosen.weights, "a video classifier")
    state = {f"{chosen.architecture.prefix}{name}": tensor for name, tensor in read_state(path).items()}
    last = state.get(f"{chosen.architecture.head}.weight")
    network = chosen.architecture.build(KINETICS_CLASSES if last is None else len(last))
    fill(network, state, path)
    return network


def kinetics_names() -> tuple[str, ...]:
    """The 400 classes in their order, which is the alphabet's, as torchvision ships them."""
    from torchvision.models.video import R2Plus1D_18_Weights

    return tuple(R2Plus1D_18_Weights.KINETICS400_V1.meta["categories"])


def known_weights() -> list[str]:
    """The names in the table of weights that are of an architecture here."""
    return [name for name in weights.WEIGHTS if name.rpartition("-")[0] in ARCHITECTURES]


def _class_names(asked: str, chosen: Chosen, network: nn.Module) -> tuple[str, ...]:
    """The names of the network's outputs: a head's own, those of a file, or Kinetics' where there are 400."""
    outputs = len(find_head(network, chosen.architecture).weight)
    if asked != "auto":
        names = _names_in(Path(asked).expanduser())
    elif chosen.head:
        names = chosen.head.classes
    else:
        names = kinetics_names() if outputs == KINETICS_CLASSES else ()
    if len(names) != outputs:
        todo = (
            "name a text file of them, one a line in the network's order: classes=FILE, such as UCF101's classInd.txt"
        )
        raise InvalidValue(f"the names of {outputs} classes", f"{len(names)}", todo)
    return names


def _names_in(path: Path) -> tuple[str, ...]:
    """One name a line; a number in front, as in UCF101's classInd.txt, is left out."""
    lines = (line.split() for line in check_file(path).read_text(encoding="utf-8").splitlines())
    return tuple(" ".join(words[1:] if words[0].isdecimal() and words[1:] else words) for words in lines if words)


def _own(outputs: Sequence[str]) -> tuple[tuple[str, ...], Tensor]:
    return tuple(outputs), torch.eye(len(outputs), dtype=torch.float64)


def _in_ucf101(outputs: Sequence[str]) -> tuple[tuple[str, ...], Tensor]:
    """Those classes of UCF101 that the network knows by a name of Kinetics, and what each is the sum of."""
    number = {name: index for index, name in enumerate(outputs)}
    known = {
        name: parts for name, parts in KINETICS_OF_UCF101.items() if parts and all(part in number for part in parts)
    }
    if not known:
        todo = "leave names=ucf101 out: the map is from the classes of Kinetics-400"
        raise InvalidValue("a network with classes of Kinetics-400", f"{', '.join(outputs[:3])} ...", todo)
    merge = torch.zeros(len(outputs), len(known), dtype=torch.float64)
    for column, parts in enumerate(known.values()):
        merge[[number[part] for part in parts], column] = 1.0
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
