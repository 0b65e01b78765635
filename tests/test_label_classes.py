"""Labels whose classes the model does not know are refused before any work: no network is built, no folder made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
import torch
from safetensors.torch import save_file

from ahc_stream import tasks
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run
from ahc_stream.tasks.video.head import Head, write_head
from tests.conftest import real
from tests.datasets.own.trees import put, yolo

pytestmark = pytest.mark.timeout(300)
NOBODY_KNOWS = r"0 of 1 label classes \(elk\) are classes of the model"


@dataclass
class Guesser:
    """A task of a user's own that says which classes it knows, and one that says nothing (`classes` empty)."""

    classes: Sequence[str] = ("cat", "dog")
    name: str = "guess-of-classes"
    labels: ClassVar[str] = "classification"
    schema: ClassVar[pa.Schema] = pa.schema([("class_name", pa.string())])

    def predict(self, clip: Clip) -> list[list[dict[str, str]]]:
        return [[{"class_name": "cat"}] for _ in clip.frames]


@pytest.fixture
def asked(tmp_path: Path):
    """An experiment on two folders of classes, into a folder that is not there."""

    def ask(task: object, *classes: str) -> Experiment:
        root = tmp_path / "set"
        for name in classes or ("elk",):
            put(root, {f"{name}/a.png": "", f"{name}/b.png": ""})
        if not classes:
            put(root, {"elk/c.png": ""})
        return Experiment(
            str(root), ("identity",), tmp_path / "out" / "x", (task,), (), read_as="imagefolder", device="cpu"
        )

    yield ask
    assert not (tmp_path / "out").exists()


@pytest.fixture(autouse=True)
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def worked(*_: object) -> None:
        raise AssertionError("a network was built")

    monkeypatch.setattr(tasks, "make", worked)
    monkeypatch.setattr("ahc_stream.plan.tasks.make", worked)


def names_file(folder: Path, *names: str) -> Path:
    path = folder / "names.txt"
    path.write_text("\n".join(names))
    return path


@pytest.mark.parametrize("classes", ["isic", "ham10000"])
def test_a_classifier_by_the_names_that_are_asked_for(asked, tmp_path: Path, classes: str) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "w.safetensors")
    task = f"classification:model={tmp_path / 'w.safetensors'}:arch=resnet50:classes={classes}"
    with pytest.raises(InvalidValue, match=NOBODY_KNOWS):
        Run(asked(task))
    assert Run(asked(task, "nevus" if classes == "isic" else "nv", "elk")).plan.remarks == (
        "1 of 2 label classes are unknown to the model of classification, and their 3 labels count as missed (elk: 3)",
    )


def test_a_classifier_by_its_files_metadata_and_a_users_list(asked, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"x": torch.zeros(1)}, path, {"architecture": "resnet50", "classes": "cat\ndog"})
    with pytest.raises(InvalidValue, match=NOBODY_KNOWS):
        Run(asked(f"classification:model={path}"))
    with pytest.raises(InvalidValue, match=NOBODY_KNOWS):
        Run(asked(f"classification:model={path}:classes={names_file(tmp_path, 'cat', 'cow')}"))
    Run(asked(f"classification:model={path}:classes={names_file(tmp_path, 'elk', 'cow')}"))


def test_a_classifier_whose_file_names_nothing_is_refused_at_once_too(asked, tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(InvalidValue, match="a file that names its classes"):
        Run(asked(f"classification:model={tmp_path / 'w.safetensors'}:arch=resnet50"))
    (tmp_path / "w.onnx").write_bytes(b"")
    with pytest.raises(InvalidValue, match="weights of an image classifier"):
        Run(asked(f"classification:model={tmp_path / 'w.onnx'}"))
    (tmp_path / "broken.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(InvalidValue, match="weights of that network"):
        Run(asked(f"classification:model={tmp_path / 'broken.safetensors'}"))


def test_a_video_classifier_by_its_head(asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ahc_stream.tasks.video.build.weights.find", lambda name: tmp_path)
    monkeypatch.setattr("ahc_stream.resources.weights.missing", lambda names: ())
    monkeypatch.setattr("ahc_stream.resources.weights.find", lambda name: tmp_path)
    head = Head("efficientnet_lite0", "efficientnet_lite0-imagenet", ("cat", "dog"), torch.zeros(2, 3), torch.zeros(2))
    write_head(tmp_path / "h.safetensors", head)
    with pytest.raises(InvalidValue, match=NOBODY_KNOWS):
        Run(asked(f"video:model={tmp_path / 'h.safetensors'}"))
    for task in ("video", "video:names=ucf101", f"video:classes={names_file(tmp_path, 'cat')}"):
        with pytest.raises(InvalidValue, match=NOBODY_KNOWS):
            Run(asked(task))


def test_a_task_of_a_users_own_by_what_it_says(asked) -> None:
    with pytest.raises(InvalidValue, match=NOBODY_KNOWS):
        Run(asked(Guesser()))


def test_a_detector_by_its_checkpoint(tmp_path: Path) -> None:
    weights = real("weights/yolov5n.pt")
    root = yolo(tmp_path / "mine", yaml="val: images/val\nnames: [Katze, Hund]\n")
    out = tmp_path / "out"
    asked = Experiment(str(root / "data.yaml"), ("identity",), out, (f"detection:model={weights}",), (), device="cpu")
    with pytest.raises(InvalidValue, match=r"0 of 1 label classes \(Hund\)"):
        Run(asked)
    (tmp_path / "broken.pt").write_bytes(b"no checkpoint")
    with pytest.raises(InvalidValue, match="a YOLO detection checkpoint"):
        Run(
            Experiment(
                asked.dataset, ("identity",), out, (f"detection:model={tmp_path / 'broken.pt'}",), (), device="cpu"
            )
        )
    assert not out.exists()


def test_coco_labels_of_renamed_categories_are_refused(tmp_path: Path) -> None:
    """An export whose categories all have other names: 0 of 80, and no mAP of 0."""
    weights = real("weights/yolov5n.pt")
    put(tmp_path / "set", {"a.png": ""})
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "Objekt 1"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "area": 25, "iscrowd": 0}],
    }
    (tmp_path / "set" / "instances.json").write_text(json.dumps(content))
    task = (f"detection:model={weights}", "tracking")
    with pytest.raises(InvalidValue, match="0 of 1 label classes"):
        Run(Experiment(str(tmp_path / "set"), ("identity",), tmp_path / "out", task, (), device="cpu"))


def test_labels_of_no_classes_ask_no_model(tmp_path: Path) -> None:
    assert tasks.classes(tasks.parse("edges:detector=canny")) == ()
    with pytest.raises(MissingData):
        tasks.classes(tasks.parse(f"classification:classes={tmp_path / 'none.txt'}"))
