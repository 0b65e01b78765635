"""Relative paths of a file are below its folder, wherever a command runs; names stay what they are."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from ahc_stream import codecs, tasks
from ahc_stream.datasets import DATASETS
from ahc_stream.experiment import Experiment
from ahc_stream.experiment_file import places
from ahc_stream.experiment_file.places import placed

HERE = Path("/srv/shop")


@pytest.mark.parametrize(
    ("field", "written", "expected"),
    [
        ("dataset", "kodak", "kodak"),
        ("dataset", "data/a", "/srv/shop/data/a"),
        ("dataset", "/data/a", "/data/a"),
        ("dataset", "data/film.mkv#1", "/srv/shop/data/film.mkv#1"),
        ("weights", "a.pth", "/srv/shop/a.pth"),
        ("weights", "random:3", "random:3"),
        ("weights", None, None),
        ("codecs", ("h264@23:preset=fast",), ("h264@23:preset=fast",)),
        ("codecs", ("own/my.py:Elic@1,2",), ("/srv/shop/own/my.py:Elic@1,2",)),
        ("codecs", ("package.module:Name@1",), ("package.module:Name@1",)),
        ("codecs", ("exec:vtm.toml@22,27:preset=slow",), ("exec:/srv/shop/vtm.toml@22,27:preset=slow",)),
        ("codecs", ("exec:/a/vtm.toml",), ("exec:/a/vtm.toml",)),
        ("codecs", ("mbt2018-mean@4:weights=a.pth:label=b",), ("mbt2018-mean@4:weights=/srv/shop/a.pth:label=b",)),
        ("codecs", ("mbt2018-mean@4:weights=random:3",), ("mbt2018-mean@4:weights=random:3",)),
        ("codecs", ("jpeg@50:qtable=t.txt",), ("jpeg@50:qtable=/srv/shop/t.txt",)),
        (
            "codecs",
            ("jpeg@50:qtable=none", "jpeg@9:qtable=t-0123456789ab"),
            ("jpeg@50:qtable=none", "jpeg@9:qtable=t-0123456789ab"),
        ),
        ("tasks", ("detection:model=yolov5n:score=0.25",), ("detection:model=yolov5n:score=0.25",)),
        ("tasks", ("detection:model=my.pt:score=0.25",), ("detection:model=/srv/shop/my.pt:score=0.25",)),
        ("tasks", ("ocr:det=a/d.onnx:rec=/r.onnx",), ("ocr:det=/srv/shop/a/d.onnx:rec=/r.onnx",)),
        ("tasks", ("video:classes=names.txt",), ("video:classes=/srv/shop/names.txt",)),
        ("tasks", ("my_task.py:Corners:count=5",), ("/srv/shop/my_task.py:Corners:count=5",)),
        ("tasks", None, None),
        ("metrics", ("psnr", "m.py:blockiness"), ("psnr", "/srv/shop/m.py:blockiness")),
        ("out", Path("runs/x"), Path("/srv/shop/runs/x")),
        ("root", Path("~/x"), Path.home() / "x"),
        ("labels", None, None),
        ("device", "cpu", "cpu"),
    ],
)
def test_paths_of_a_field(field: str, written: object, expected: object) -> None:
    assert placed({field: written}, HERE) == {field: expected}


def test_a_folder_with_colons_is_one_path_of_a_codec() -> None:
    (text,) = placed({"codecs": ("mbt2018-mean@4:weights=a.pth:label=b",)}, Path("/a:b\\c"))["codecs"]
    (point,) = codecs.parse(text)
    assert dict(point.options)["weights"] == "/a:b\\c/a.pth"


def test_every_field_of_a_path_and_every_option_of_a_file_is_placed() -> None:
    paths = {field.name for field in fields(Experiment) if "Path" in str(field.type)}
    assert paths <= places._PLACES.keys()
    weights = {name for entry in tasks.TASKS.values() for name in entry.weights}
    assert weights | {"classes"} == set(places.PATH_OPTIONS)


def test_a_name_of_a_dataset_is_one_even_where_a_folder_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "kodak").mkdir()
    (tmp_path / "pictures").mkdir()
    assert "kodak" in DATASETS
    assert placed({"dataset": "kodak"}, tmp_path) == {"dataset": "kodak"}
    assert placed({"dataset": "pictures"}, tmp_path) == {"dataset": f"{tmp_path}/pictures"}
