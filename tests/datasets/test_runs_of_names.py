"""Whole runs over folders of any legal name, from within, with the results inside the data; each started twice."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from ahc_stream import datasets, runs, tables
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.experiment import Experiment
from ahc_stream.running import run
from tests import warm
from tests.pictures import picture, write_pictures

LATIN = os.fsdecode(b"caf\xe9")


def save(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(24, 32, seed)).save(path, "JPEG" if path.suffix == ".jpg" else "PNG")


def finish(dataset: str, out: Path, **options: object) -> int:
    """How many frames a start measures at JPEG quality 50."""
    asked = Experiment(dataset, ("jpeg@50",), out, metrics=("psnr",), device="cpu", save_recon=True, **options)
    return sum(rows.tables["frames"].num_rows for rows in run(asked) if "frames" in rows.tables)


def items(out: Path) -> list[str]:
    frames = runs.open(out).frames
    missing = [
        row["item"]
        for row in frames.to_pylist()
        if not tables.recon_path(out, row["codec"], row["quality"], row["options"], row["item"], row["frame"]).is_file()
    ]
    assert missing == [], "every frame has its picture"
    return frames["item"].to_pylist()


@pytest.mark.parametrize(
    "names",
    [
        ("a.jpg", "a.png", "a.jpg.png"),
        ("漢" * 39 + ".png", "字" * 83 + ".png"),
        tuple("/".join(["каталог длинных имён"] * depth) + "/кадр.png" for depth in (1, 9)),
        (f"{LATIN}.png", f"{LATIN}/{LATIN}.png"),
        ("x" * 251 + ".png", "[bold]x[/y].png", "new\nline.png", " .png", "%2F.png", "a:b=c@1,2.png", "-c.png"),
        ("é.png", "e\u0301.png", "#1.png", "~.png", "$HOME.png", "*.png", "'\".png", "CON.png"),
    ],
)
def test_any_legal_name_runs_keeps_its_pictures_and_resumes(tmp_path: Path, names: tuple[str, ...]) -> None:
    for seed, name in enumerate(names):
        save(tmp_path / "data" / name, seed)
    assert finish(str(tmp_path / "data"), tmp_path / "out") == len(names)
    assert len(set(items(tmp_path / "out"))) == len(names)
    assert finish(str(tmp_path / "data"), tmp_path / "out") == 0


def test_a_folder_that_is_no_utf8_runs(tmp_path: Path) -> None:
    save(tmp_path / LATIN / "a.png")
    assert finish(str(tmp_path / LATIN), tmp_path / "out") == 1
    assert runs.open(tmp_path / "out").frames["dataset"].to_pylist() == [r"caf\xe9"]


@pytest.mark.parametrize("out", ["runs/x", "sub/out", "."])
@pytest.mark.parametrize("dataset", [".", "..", "sub/.."])
def test_results_inside_the_data_are_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: str, out: str
) -> None:
    data = write_pictures(tmp_path / "data", 3)
    save(data / "sub" / "deep.png")
    monkeypatch.chdir(data / "sub" if dataset == ".." else data)
    assert finish(dataset, Path(out)) == 4
    assert finish(dataset, Path(out)) == 0
    other = tmp_path / "data" / "another"
    assert finish(dataset, other) == 4 and finish(dataset, other) == 0, "the other run's pictures are no data either"
    assert datasets.load(dataset).name == "data" and datasets.load(dataset).notes == ()
    assert sorted(items(other)) == ["000", "001", "002", "sub/deep"]


def test_pictures_of_two_long_names_lie_apart(tmp_path: Path) -> None:
    names = ["漢" * 60 + end for end in ("一", "二")]
    paths = [tables.recon_path(tmp_path, "jpeg", 50.0, "", name, 0) for name in names]
    assert paths[0] != paths[1] and all(len(part) <= 255 for path in paths for part in path.parts)
    assert unquote(tables.recon_path(tmp_path, "jpeg", 50.0, "", "a/b", 0).parent.name) == "a/b"


def cli(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*warm.command(), *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.timeout(180)
def test_the_command_from_within_the_data(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 5)
    words = ("-c", "jpeg@50", "--no-task", "--metric", "psnr", "--save-recon", "--device", "cpu")
    done = cli("run", ".", *words, "--limit", "2", cwd=data)
    assert done.returncode == 0 and "2 frames" in done.stdout, done.stderr
    assert (data / "runs" / "data" / "manifest.json").is_file(), "the default --out is called after the folder"
    again = cli("run", ".", *words, cwd=data)
    assert "3 frames" in again.stdout, again.stderr
    assert "nothing was missing" in cli("run", ".", *words, cwd=data).stdout
    (data / "sub").mkdir()
    above = cli("run", "..", *words, cwd=data / "sub")
    assert above.returncode == 0 and (data / "sub" / "runs" / "data" / "manifest.json").is_file(), above.stderr


@pytest.mark.timeout(180)
def test_files_of_one_stem_go_through_a_coded_file(tmp_path: Path) -> None:
    for seed, name in enumerate(("a.jpg", "a.png", "a.jpg.png", f"{LATIN}.png", "字" * 83 + ".png")):
        save(tmp_path / "data" / name, seed)
    long_name = "漢" * 83 + ".ahc"
    encoded = cli("encode", "data", "-o", long_name, "-c", "jpeg@50", cwd=tmp_path)
    assert encoded.returncode == 0, encoded.stderr
    decoded = cli("decode", long_name, "-o", "decoded", cwd=tmp_path)
    assert decoded.returncode == 0, decoded.stderr
    names = sorted(path.name for path in (tmp_path / "decoded").iterdir())
    assert names == sorted(["a.jpg.png", "a.png.png", "a.jpg.png.png", r"caf\xe9.png", "字" * 83 + ".png"])


@pytest.mark.timeout(180)
def test_that_every_item_failed_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "data" / name).write_bytes(b"no picture")
    words = ("run", "data", "-c", "jpeg@50", "--no-task", "--device", "cpu", "--out", "out")
    done = cli(*words, cwd=tmp_path)
    assert done.returncode == 3 and "every item failed" in done.stdout, done.stderr
    save(tmp_path / "data" / "a.png")
    assert "1 frame" in cli(*words, cwd=tmp_path).stdout
    again = cli(*words, cwd=tmp_path)
    assert again.returncode == 3 and "1 of 2 items failed" in again.stdout


def coco_tree(root: Path, name: str, annotations: int = 1) -> Path:
    save(root / "val2017" / "a.jpg")
    (root / "annotations").mkdir()
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}
    truth = {"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": name}]}
    text = json.dumps({**truth, "annotations": [box] * annotations})
    (root / "annotations" / "instances_val2017.json").write_text(text)
    return root


def test_no_labelled_image_is_an_error_before_any_folder_is_made(tmp_path: Path) -> None:
    pytest.importorskip("ultralytics")
    root = coco_tree(tmp_path / "coco", "person", annotations=0)
    with pytest.raises(MissingData, match=r"labels for detection; got none to find in 1 images"):
        finish("coco", tmp_path / "out", root=root, tasks=("detection:model=" + str(fake_model(tmp_path)),))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "is_known"), [("person", True), ("Mensch", False)])
def test_label_classes_that_the_model_does_not_know_are_an_error(tmp_path: Path, name: str, is_known: bool) -> None:
    pytest.importorskip("ultralytics")
    root, model = coco_tree(tmp_path / "coco", name), fake_model(tmp_path)
    options = {"root": root, "tasks": (f"detection:model={model}:size=32",)}
    if is_known:
        assert finish("coco", tmp_path / "out", **options) == 2  # with the original
        return
    with pytest.raises(InvalidValue, match=r"0 of 1 label classes \(Mensch\) are classes of the model"):
        finish("coco", tmp_path / "out", **options)


def fake_model(folder: Path) -> Path:
    """A small YOLO of random weights with COCO's class names."""
    import torch
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model = DetectionModel("yolov5n.yaml", nc=2, verbose=False)
    model.names = {0: "person", 1: "dog"}
    torch.save({"model": model, "train_args": {}}, folder / "fake.pt")
    return folder / "fake.pt"
