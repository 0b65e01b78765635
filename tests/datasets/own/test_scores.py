"""Scores against labels of one's own are those of the tools that everybody checks with: pycocotools, scikit-learn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ahc_stream import runs
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.label_check import unknown_classes
from ahc_stream.datasets import load
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import Run
from ahc_stream.tasks.classification import score as classification_score
from tests.conftest import real
from tests.datasets.own.trees import put, yolo


def finished(experiment: Experiment) -> Run:
    run = Run(experiment)
    for _ in run:
        pass
    return run


def original(out: Path) -> dict:
    """The report's row of the uncompressed original."""
    return next(row for row in operating_points(out).to_pylist() if row["codec"] == "identity")


def row_of(kind: int, x: float, y: float, w: float, h: float, width: int, height: int) -> str:
    """`class cx cy w h`, with all digits of the float64."""
    return f"{kind} {(x + w / 2) / width!r} {(y + h / 2) / height!r} {w / width!r} {h / height!r}"


def as_yolo(coco: Path, root: Path) -> Path:
    """COCO's images that are here and their boxes, but for crowds, which the layout cannot say, as rows of shares."""
    truth = json.loads((coco / "annotations/instances_val2017.json").read_text())
    names = [category["name"] for category in truth["categories"]]
    number = {category["id"]: place for place, category in enumerate(truth["categories"])}
    rows: dict[str, list[str]] = {}
    for image in truth["images"]:
        if (coco / "val2017" / image["file_name"]).is_file():
            boxes = [a for a in truth["annotations"] if a["image_id"] == image["id"] and not a["iscrowd"]]
            width, height = image["width"], image["height"]
            rows[image["file_name"]] = [
                row_of(number[box["category_id"]], *box["bbox"], width, height) for box in boxes
            ]
    for file, lines in rows.items():
        put(root, {f"labels/{Path(file).stem}.txt": "\n".join(lines)} if lines else {})
        (root / "images").mkdir(exist_ok=True)
        (root / "images" / file).symlink_to(coco / "val2017" / file)
    return put(root, {"data.yaml": f"val: images\nnames: {json.dumps(names)}\n"})


def stats_of_pycocotools(root: Path, out: Path) -> list[float]:
    """Its twelve numbers of the run's boxes on the originals, against the text files of `root`."""
    tools = pytest.importorskip("pycocotools.coco")  # for tests only: skipped where absent
    from pycocotools.cocoeval import COCOeval

    names = json.loads((root / "data.yaml").read_text().partition("names: ")[2])
    sizes = {path.stem: Image.open(path).size for path in (root / "images").iterdir()}
    annotations = []
    for file in (root / "labels").iterdir():
        (width, height), numbers = sizes[file.stem], np.loadtxt(file, ndmin=2)
        for kind, x, y, w, h in dict.fromkeys(map(tuple, numbers)):
            box = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
            label = {"id": len(annotations) + 1, "image_id": int(file.stem), "category_id": int(kind), "iscrowd": 0}
            annotations.append(label | {"bbox": box, "area": box[2] * box[3]})
    truth = tools.COCO()
    truth.dataset = {
        "images": [{"id": int(name)} for name in sizes],
        "categories": [{"id": number} for number in range(len(names))],
        "annotations": annotations,
    }
    truth.createIndex()
    rows = runs.open(out).predictions("detection").to_pylist()
    found = truth.loadRes([
        {"image_id": int(row["item"]), "category_id": names.index(row["class_name"]), "score": row["score"]}
        | {"bbox": [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]]}
        for row in rows
        if row["codec"] == "identity"
    ])  # fmt: skip
    evaluation = COCOeval(truth, found, "bbox")
    evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    return evaluation.stats.tolist()


@pytest.mark.timeout(600)
def test_real_boxes_in_yolos_layout_score_as_pycocotools_scores_them(tmp_path: Path) -> None:
    weights = real("weights/yolov5n.pt")
    root = as_yolo(real("datasets/coco"), tmp_path / "mine")
    task = f"detection:model={weights}"
    run = finished(Experiment(str(root), ("identity",), tmp_path / "out", (task,), metrics=(), device="cpu"))
    assert run.plan.dataset.notes[0].startswith("read as yolo (data.yaml): 50 images, 48 with labels of 48 classes")
    row, stats = original(tmp_path / "out"), stats_of_pycocotools(root, tmp_path / "out")
    names = ("mAP", "AP50", "AP75", "mAP_small", "mAP_medium", "mAP_large")
    assert row["detection_reference"] == "labels" and 0.3 < row["detection_mAP"] < 0.5
    assert [row[f"detection_{name}"] for name in names] == pytest.approx(stats[:6], abs=1e-9)
    assert row["detection_ar100"] == pytest.approx(stats[8], abs=1e-9)


class Brightness:
    """A task: a picture is called by the brightest of its channels."""

    name, labels = "colours", "classification"
    schema, scorer = classification_score.CLASSIFICATIONS, classification_score
    classes = ("red", "green", "blue")

    def predict(self, clip: Clip) -> list[list[dict]]:
        means = clip.frames.double().mean((2, 3))
        shares = (means / means.sum(1, keepdim=True)).tolist()
        listed = "\n".join(self.classes)
        return [[self._row(row, listed)] for row in shares]

    def _row(self, shares: list[float], listed: str) -> dict:
        best = max(range(3), key=shares.__getitem__)
        return {
            "class_name": self.classes[best], "probability": shares[best], "probabilities": shares, "classes": listed,
        }  # fmt: skip


def test_a_tree_of_class_folders_scores_as_scikit_learn_scores_it(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(3)
    truth, guesses = [], []
    for number in range(24):
        colour = random.integers(0, 256, 3).astype(np.uint8)
        truth.append(Brightness.classes[random.integers(0, 3)])
        guesses.append(Brightness.classes[int(np.argmax(colour))])
        path = put(tmp_path / "mine", {f"{truth[-1]}/{number}.png": b"x"}) / truth[-1] / f"{number}.png"
        Image.fromarray(np.broadcast_to(colour, (16, 16, 3)).copy()).save(path)
    finished(Experiment(str(tmp_path / "mine"), ("identity",), tmp_path / "out", (Brightness(),), (), device="cpu"))
    row = original(tmp_path / "out")
    assert row["colours_reference"] == "labels"
    assert row["colours_accuracy"] == pytest.approx(metrics.accuracy_score(truth, guesses), abs=1e-12)
    assert 0 < row["colours_accuracy"] < 1


class Cats(Brightness):
    """A task whose one class is "cat"."""

    name, classes = "cats", ("cat", "cow", "hen")


def test_labels_without_a_task_and_a_task_without_labels_are_told_of_before_the_run(tmp_path: Path) -> None:
    root = yolo(tmp_path / "mine")
    notes = Run(Experiment(str(root), ("identity",), None, None, ())).plan.dataset.notes
    assert any(note.startswith("there are labels for detection, and no task uses them: --task") for note in notes)
    notes = Run(Experiment(str(root), ("identity",), None, (Cats(),), ())).plan.dataset.notes
    assert "no labels for cats: its scores are agreement with its own predictions on the original" in notes
    without_tasks = Run(Experiment(str(root), ("identity",), None, (), ())).plan.dataset.notes
    assert not any("labels for" in note for note in without_tasks)


def test_a_dataset_of_a_program_runs_with_its_labels_and_is_recorded_by_its_name(tmp_path: Path) -> None:
    put(tmp_path / "mine", {"red/a.png": "", "blue/b.png": ""})
    dataset = replace(load(tmp_path / "mine"), name="colours-of-mine")
    finished(Experiment(dataset, ("identity",), tmp_path / "out", (Brightness(),), (), device="cpu"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["experiment"]["dataset"] == manifest["dataset"]["name"] == "colours-of-mine"
    assert original(tmp_path / "out")["colours_reference"] == "labels"


def test_classes_that_the_model_does_not_know_are_named_with_counts(tmp_path: Path) -> None:
    labels = load(yolo(tmp_path, "1 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n")).labels["detection"]
    assert list(unknown_classes("detection", ("cat",), labels)) == [
        "1 of 2 label classes are unknown to the model of detection, and their 2 labels count as missed (dog: 2)"
    ]
    assert not list(unknown_classes("detection", ("cat", "dog"), labels))


@pytest.mark.timeout(600)
def test_names_are_matched_by_a_map_and_without_one_the_run_is_refused(tmp_path: Path) -> None:
    weights = real("weights/yolov5n.pt")
    root = yolo(tmp_path / "mine", yaml="val: images/val\nnames: [Katze, Hund]\n")
    put(root, {"map.yaml": "Hund: dog\nKatze: tabby\n"})
    asked = Experiment(str(root / "data.yaml"), ("identity",), None, (f"detection:model={weights}",), (), device="cpu")
    with pytest.raises(InvalidValue, match=r"\(Hund\) are classes of the model.*--classes"):
        finished(asked)
    run = finished(replace(asked, classes=root / "map.yaml"))
    assert run.plan.dataset.labels["detection"]["class_name"].to_pylist() == ["dog"]


@pytest.mark.timeout(600)
def test_classes_that_the_model_does_not_know_are_in_the_manifest(tmp_path: Path) -> None:
    weights = real("weights/yolov5n.pt")
    rows = "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1\n"
    root = yolo(tmp_path / "mine", rows, yaml="val: images/val\nnames: [dog, elk]\n")
    task = f"detection:model={weights}"
    finished(Experiment(str(root / "data.yaml"), ("identity",), tmp_path / "out", (task,), (), device="cpu"))
    (start,) = runs.open(tmp_path / "out").starts
    (note,) = start["notes"]
    assert note.startswith("1 of 2 label classes are unknown to the model of detection") and "elk: 1" in note
