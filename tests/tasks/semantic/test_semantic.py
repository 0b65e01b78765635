"""The task as a whole, held to torchvision's own preset and network, and its table of weights to torchvision's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import get_model_weights, segmentation
from torchvision.transforms._presets import SemanticSegmentation

from ahc_stream import tasks, weights
from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.core.protocols import Task
from ahc_stream.tasks.semantic.build import VOC
from ahc_stream.tasks.semantic.maps import class_map, classes_of
from ahc_stream.weights.semantic import FILES
from tests.tasks.conftest import as_clip

CPU = torch.device("cpu")


def seeded(architecture: str, path: Path, classes: int = 21, auxiliary: bool = False) -> torch.nn.Module:
    """A network whose classes vary from place to place, written to `path` as a state dict."""
    torch.manual_seed(0)
    told = {"aux_loss": True} if auxiliary else {}
    build = getattr(segmentation, architecture)
    network = build(weights=None, weights_backbone=None, num_classes=classes, **told).train()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        network(torch.rand(2, 3, 96, 128))  # settles batch norms
    torch.save(network.state_dict(), path)
    return network.eval()


def make(path: Path, options: str) -> Task:
    return tasks.make(tasks.parse(f"semantic:model={path}{options}"), CPU)


@pytest.mark.parametrize(
    ("architecture", "auxiliary", "backend"),
    [("lraspp_mobilenet_v3_large", False, "onnxruntime"), ("deeplabv3_mobilenet_v3_large", True, "torch")],
)
def test_a_seeded_network_equals_torchvision(architecture, auxiliary, backend, photos, tmp_path: Path) -> None:
    """Through its preset, on Pillow's picture; one pixel in a thousand may have another class of nearly equal logit."""
    from PIL import Image

    network = seeded(architecture, tmp_path / "own.pth", auxiliary=auxiliary)
    image = np.ascontiguousarray(photos["bus"][::3, ::3])
    (rows,) = make(tmp_path / "own.pth", f":arch={architecture}:size=128:backend={backend}").predict(as_clip([image]))
    with torch.no_grad():
        logits = network(SemanticSegmentation(resize_size=128)(Image.fromarray(image))[None])["out"]
    expected = torch.nn.functional.interpolate(logits, image.shape[:2], mode="bilinear")[0].argmax(0).numpy()
    found = class_map(rows[0])
    assert len(np.unique(expected)) > 3 and (found != expected).mean() < 1e-3
    assert found.shape == image.shape[:2] and classes_of(rows[0]) == list(VOC)


def test_classes_of_ones_own_begin_with_the_background(photos, tmp_path: Path) -> None:
    seeded("lraspp_mobilenet_v3_large", tmp_path / "own.pth", 3)
    names = tmp_path / "names.txt"
    names.write_text("background\nroad\nsky\n")
    (rows,) = make(tmp_path / "own.pth", f":size=64:classes={names}").predict(as_clip([photos["bus"]]))
    assert classes_of(rows[0]) == ["background", "road", "sky"] and class_map(rows[0]).max() <= 2
    names.write_text("road\nbackground\nsky\n")
    with pytest.raises(InvalidValue, match="background first"):
        make(tmp_path / "own.pth", f":classes={names}")
    with pytest.raises(InvalidValue, match=r"of \[3\] instead of \[21\]"):
        make(tmp_path / "own.pth", "")  # a network of 21 classes does not fit the file


def test_names_that_are_not_there_are_told() -> None:
    with pytest.raises(UnknownName, match="lraspp_mobilenet_v3_large-voc"):
        tasks.check(tasks.parse("semantic:model=lraspp_mobilenet_v3-voc"))
    with pytest.raises(UnknownName, match="deeplabv3_resnet50"):
        tasks.check(tasks.parse("semantic:model=own.pth:arch=deeplab_resnet50"))
    with pytest.raises(MissingData):
        tasks.check(tasks.parse("semantic:classes=nowhere.txt"))


def test_weights_are_torchvisions_with_their_hash_and_mean_iou() -> None:
    for architecture, (file, mean_iou) in FILES.items():
        (published,) = get_model_weights(architecture)
        entry = weights.weight(f"{architecture}-voc")
        assert entry.source.url == published.url and published.url.endswith(f"-{entry.sha256}.pth")
        assert file in published.url and published.meta["_metrics"]["COCO-val2017-VOC-labels"]["miou"] == mean_iou
        assert len(published.meta["categories"]) == len(VOC)
