"""Shared by the tests of tasks: clips of real photos, and detectors with seeded weights in ultralytics' own format."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from ahc_stream.core.clip import Clip, FrameKey

os.environ.setdefault("YOLO_CONFIG_DIR", tempfile.mkdtemp())  # ultralytics writes its settings at import


KINDS = {"seg": "segment", "pose": "pose", "obb": "obb"}
"""How the name of a YAML ends -> what ultralytics calls such a model's task."""


@pytest.fixture(autouse=True)
def small_networks(one_thread: None) -> None:
    """What these tests compute with gains nothing from more threads."""


def as_clip(images: list[np.ndarray]) -> Clip:
    """RGB images [H, W, 3] of one size as one clip of stills."""
    frames = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    keys = tuple(FrameKey("photos", str(i), 0) for i in range(len(images)))
    return Clip(frames, keys, torch.zeros(len(images), dtype=torch.float64), consecutive=False)


@pytest.fixture(scope="session")
def photos() -> dict[str, np.ndarray]:
    """The two photos that ultralytics ships, RGB: bus 1080 x 810 and zidane 720 x 1280."""
    from PIL import Image
    from ultralytics.utils import ASSETS

    return {name: np.array(Image.open(ASSETS / f"{name}.jpg").convert("RGB")) for name in ("bus", "zidane")}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory, photos) -> Callable[..., Path]:
    """Saves a model of an ultralytics YAML with seeded weights; settled, it gives hundreds of varied boxes."""
    from ultralytics import YOLO

    @cache
    def save(yaml: str, end2end: bool = False, settled: bool = True) -> Path:
        torch.manual_seed(0)
        yolo = YOLO(f"{yaml}.yaml", task=KINDS.get(yaml.rpartition("-")[2], "detect"))
        if settled:
            _settle(yolo.model, photos["bus"])
        yolo.model.end2end = end2end
        path = tmp_path_factory.mktemp("weights") / "seeded.pt"
        yolo.save(path)
        return path

    return save


def _settle(model: torch.nn.Module, photo: np.ndarray) -> None:
    """Batch norms that fit a photo, and output layers that give varied boxes and scores."""
    x = torch.from_numpy(photo[:640, :640].copy()).permute(2, 0, 1)[None] / 255
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        model.train()(x)
        for name, part in model.model[-1].named_children():
            for level in part if name.endswith(("cv2", "cv3")) else ():
                level[-1].weight.mul_(2.0 if name.endswith("cv2") else 0.35)
                if name.endswith("cv3"):
                    level[-1].bias.fill_(-3.0)
    model.eval()
