"""Checkpoints: which load, and that none of them runs code."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from ahc_stream.core.errors import InvalidValue, MissingExtra
from ahc_stream.tasks.detection import yolo
from ahc_stream.tasks.detection.anchors import AnchorDetect
from tests.conftest import real

CPU = torch.device("cpu")


@pytest.mark.parametrize("yaml", ["yolov5n", "yolov8n", "yolov9t", "yolov10n", "yolo11n", "yolo12n"])
def test_every_family_of_ultralytics_loads_and_computes_what_was_saved(yaml, seeded):
    path = seeded(yaml, settled=False)
    saved = torch.load(path, weights_only=False)["model"].float().eval().fuse(verbose=False)  # we wrote this file
    x = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(yolo.load(path, CPU)(x)[0], saved(x)[0], rtol=1e-4, atol=1e-3)


def test_a_loaded_model_is_ready_to_predict(seeded):
    model = yolo.load(seeded("yolo11n", settled=False), CPU)
    assert not model.training and model.names == {n: str(n) for n in range(80)}  # a YAML names no classes
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_an_official_yolov5_checkpoint_loads_with_the_anchor_head():
    model = yolo.load(real("weights/yolov5n.pt"), CPU)
    head = model.model[-1]
    assert isinstance(head, AnchorDetect) and model.names[5] == "bus"
    assert (head.anchors[2, 2].float() * head.stride[2]).tolist() == [373, 326]  # as its yolov5n.yaml says
    assert model(torch.zeros(1, 3, 64, 96)).shape == (1, 84, 3 * (8 * 12 + 4 * 6 + 2 * 3))


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize(
    "hidden", [lambda bomb: bomb, lambda bomb: {"model": bomb}, lambda bomb: {"model": None, "x": [bomb]}]
)
def test_code_in_a_checkpoint_is_refused_by_name_and_not_run(hidden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(hidden(Bomb()), "bomb.pt")
    with pytest.raises(InvalidValue, match=r"posix\.mkdir"):
        yolo.load(tmp_path / "bomb.pt", CPU)
    assert not (tmp_path / "exploded").exists()


class Constructed:
    """Asks for the model's constructor, which would evaluate the activation's name."""

    def __reduce__(self):
        from ultralytics.nn.tasks import DetectionModel

        return DetectionModel, (
            {
                "nc": 1,
                "activation": "__import__('os').mkdir('exploded')",
                "backbone": [[-1, 1, "Conv", [8]]],
                "head": [],
            },
        )


def test_an_allowed_class_is_not_constructed_from_text_of_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Constructed()}, "text.pt")
    with pytest.raises(InvalidValue, match="constructor"):
        yolo.load(tmp_path / "text.pt", CPU)
    assert not (tmp_path / "exploded").exists()


def test_code_behind_an_allowed_name_is_not_imported(tmp_path, monkeypatch):
    """A module called `models.common` beside the checkpoint is not what the name stands for."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "common.py").write_text("raise SystemExit('ran foreign code')")
    monkeypatch.syspath_prepend(tmp_path)
    yolo.load(real("weights/yolov5n.pt"), CPU)
    assert "models.common" not in sys.modules


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path):
    torch.save({"state_dict": {"g_a.0.weight": torch.zeros(3)}}, tmp_path / "codec.pt")
    with pytest.raises(InvalidValue, match="NoneType as its model"):
        yolo.load(tmp_path / "codec.pt", CPU)


def test_a_model_for_another_task_is_refused(tmp_path):
    from ultralytics import YOLO

    YOLO("yolo11n-seg.yaml", task="segment").save(tmp_path / "segment.pt")
    with pytest.raises(InvalidValue, match="Segment"):
        yolo.load(tmp_path / "segment.pt", CPU)


def test_a_truncated_file_is_refused(seeded, tmp_path):
    whole = seeded("yolo11n", settled=False).read_bytes()
    for share in (0, 100, len(whole) // 2):
        (tmp_path / "half.pt").write_bytes(whole[:share])
        with pytest.raises(InvalidValue, match=r"a YOLO detection checkpoint in .*half\.pt"):
            yolo.load(tmp_path / "half.pt", CPU)


def test_a_damaged_archive_is_refused(seeded, tmp_path):
    with (
        zipfile.ZipFile(seeded("yolo11n", settled=False)) as source,
        zipfile.ZipFile(tmp_path / "hollow.pt", "w") as target,
    ):
        for name in source.namelist():
            if not name.endswith("/data/7"):
                target.writestr(name, source.read(name))
    with pytest.raises(InvalidValue):
        yolo.load(tmp_path / "hollow.pt", CPU)


def test_without_ultralytics_the_error_gives_the_install_line(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    monkeypatch.setitem(sys.modules, "ultralytics.nn.tasks", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ahc-stream\[detection\]'"):
        yolo.load(tmp_path / "any.pt", CPU)


def test_loading_a_model_leaves_pillow_and_torch_as_they_were(tmp_path: Path) -> None:
    code = """
import sys, torch
from pathlib import Path
from PIL import Image
before = Image.open, torch.save
from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.detection.yolo import load
try:
    load(Path(sys.argv[1]), torch.device("cpu"))
except InvalidValue:
    pass
assert "ultralytics" in sys.modules and (Image.open, torch.save) == before
"""
    no_model = tmp_path / "no_model.pt"
    torch.save({"model": None}, no_model)
    subprocess.run([sys.executable, "-c", code, no_model], check=True)
