"""Trains a classifier of skin lesions on the clean Train split of the ISIC tree: a linear layer on frozen features.

    python tools/train_lesion.py lesion.safetensors
    ahc-stream run isic --codec jpeg@5,20,90 --task classification:model=lesion.safetensors

The features are an ImageNet network's, MobileNetV2's by default. The layer is a logistic regression whose penalty is
chosen on a fifth of Train; Test is looked at once, at the end. The file holds the whole network, the class names and
how it is fed, which `classification` reads.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from ahc_stream import datasets, tasks
from ahc_stream.core import class_names
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.labels import KEY
from ahc_stream.tasks.classification.build import load
from ahc_stream.tasks.classification.models import RECIPES
from ahc_stream.tasks.classification.preprocessing import Preprocessing
from ahc_stream.tasks.classification.task import Classification

PENALTIES = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
BATCH = 16
HELD_OUT = 5  # every fifth image of Train chooses the penalty


def main() -> None:
    ask = _arguments()
    torch.manual_seed(0)
    network, head = _headless(ask.features)
    preprocessing = Preprocessing(ask.size, fit="squash")
    files, truth = _train_split(ask.root)
    classifier = trained(_features(network, preprocessing, files), truth)
    network.set_submodule(head, classifier)
    _write(ask.file, network, RECIPES[ask.features].architecture, preprocessing)
    for name, value in _scores_on_test(ask.file, ask.root).items():
        print(f"clean Test: {name} {value:.4f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the .safetensors file to write")
    choices = [name for name, recipe in RECIPES.items() if recipe.classes == "imagenet"]
    parser.add_argument("--features", default="mobilenet_v2-imagenet", choices=choices, help="weights to stand on")
    parser.add_argument("--size", type=int, default=224, help="side of the network's input in pixels")
    parser.add_argument("--root", type=Path, help="the tree, if it is under no root of AHC_STREAM_PATH")
    return parser.parse_args()


def _headless(model: str) -> tuple[nn.Module, str]:
    """An ImageNet network without its last layer, and that layer's name."""
    network = load(model).eval()
    head = list(network.state_dict())[-1].removesuffix(".bias")
    network.set_submodule(head, nn.Identity())
    return network, head


def _task(model: str) -> Classification:
    return tasks.make(tasks.parse(f"classification:model={model}"), torch.device("cpu"))


def _train_split(root: Path | None) -> tuple[list[Path], Tensor]:
    """The images and the numbers of their classes, int64 [images]."""
    dataset = datasets.load("isic-train", root)
    names = dataset.labels["classification"]["class_name"].to_pylist()
    return [path for item in dataset.items for path in item.paths], torch.tensor([*map(class_names.ISIC.index, names)])


def _frames(path: Path) -> Tensor:
    """uint8 [1, 3, H, W]."""
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)[None]


@torch.inference_mode()
def _features(network: nn.Module, preprocessing: Preprocessing, files: Sequence[Path]) -> Tensor:
    """float32 [images, features]."""
    preset, rows = preprocessing.preset(), []
    for start in range(0, len(files), BATCH):
        frames = torch.cat([preset.apply(_frames(file)) for file in files[start : start + BATCH]])
        rows.append(network(frames.contiguous(memory_format=torch.channels_last)))
        print(f"features of {start + len(frames)} images of {len(files)}", flush=True)
    return torch.cat(rows).clone()


def trained(features: Tensor, truth: Tensor) -> nn.Linear:
    """The logistic regression over [images, features] whose penalty does best on the images held out."""
    held = torch.arange(len(truth)) % HELD_OUT == 0
    accuracies = {}
    for penalty in PENALTIES:
        layer = _fitted(features[~held], truth[~held], penalty)
        accuracies[penalty] = float((layer(features[held]).argmax(1) == truth[held]).double().mean())
        print(f"penalty {penalty:g}: accuracy on the images held out {accuracies[penalty]:.4f}", flush=True)
    return _fitted(features, truth, max(accuracies, key=lambda penalty: accuracies[penalty]))


def _fitted(features: Tensor, truth: Tensor, penalty: float) -> nn.Linear:
    """The minimum of mean cross-entropy + penalty x squared weights of features brought to mean 0 and deviation 1; what
    is returned takes the features as they are."""
    rows = features.double()
    mean, deviation = rows.mean(0), rows.std(0).clamp(min=1e-6)
    rows = (rows - mean) / deviation
    weight = torch.zeros(len(class_names.ISIC), rows.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(class_names.ISIC), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(F.linear(rows, weight, bias), truth) + penalty * weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    layer = nn.Linear(rows.shape[1], len(class_names.ISIC))
    scaled = weight.detach() / deviation
    layer.load_state_dict({"weight": scaled.float(), "bias": (bias.detach() - scaled @ mean).float()})
    return layer.requires_grad_(False)


def _write(file: Path, network: nn.Module, architecture: str, preprocessing: Preprocessing) -> None:
    told = {name: str(getattr(preprocessing, name)) for name in ("size", "fit", "resize", "normalise")}
    told |= {"architecture": architecture, "classes": "\n".join(class_names.ISIC)}
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, file, told)


def _scores_on_test(file: Path, root: Path | None) -> dict[str, float]:
    """What the task says of the file on the clean Test split."""
    task, dataset = _task(str(file)), datasets.load("isic", root)
    rows = []
    with torch.inference_mode():
        for item in dataset.items:
            for path, name in zip(item.paths, item.names, strict=True):
                key = FrameKey(dataset.name, name, 0)
                clip = Clip(_frames(path), (key,), torch.zeros(1, dtype=torch.float64), consecutive=False)
                rows.append(key._asdict() | dict(task.predict(clip)[0][0]))
    predictions = pa.Table.from_pylist(rows, pa.schema([*KEY, *task.schema]))
    labels = dataset.labels["classification"]
    spec = tasks.parse(f"classification:model={file}")
    values = tasks.score(spec, predictions, labels, labels)
    return {name: values[name] for name in ("accuracy", "macro_f1", "kappa", "mean_class_accuracy")}


if __name__ == "__main__":
    main()
