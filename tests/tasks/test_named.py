"""`--task file.py:Name`, with options, a scorer of the file, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MissingData, StorageError
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.pictures import write_pictures

SOURCE = """
import pyarrow as pa
from tests.test_own_task import MeanError

class Score(MeanError):
    pass

class Bright:
    name = "bright-of-a-file"
    schema = pa.schema([("brightness", pa.float64())])
    scorer = Score
    lower_is_better = ("error",)

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def predict(self, clip):
        return [[{"brightness": self.factor * value}] for value in clip.frames.double().mean((1, 2, 3)).tolist()]

class Unmade(Bright):
    def __init__(self, model):
        pass

ready = Bright(3.0)
NUMBER = 3
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "code" / "own_task_of_a_test.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_task_of_a_test", raising=False)
    monkeypatch.delitem(tasks.USER_TASKS, "bright-of-a-file", raising=False)
    return path


def test_a_class_is_made_with_its_options_and_an_object_is_taken(file: Path) -> None:
    assert tasks.brought(f"{file}:Bright:factor=2").factor == 2.0
    assert tasks.brought(f"{file}:Bright").factor == 1.0 and tasks.brought(f"{file}:ready").factor == 3.0
    assert tasks.brought("detection:model=/a:b/c.pt") is None and tasks.brought("edges") is None


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("Missing", MissingData, "It has Bright"),
        ("Unmade", InvalidValue, r"Unmade\(model\)"),
        ("Bright:size=3", InvalidValue, "It takes factor"),
        ("Bright:factor=big", InvalidValue, "factor=a number"),
        ("NUMBER", InvalidValue, "a task: name, schema"),
    ],
)
def test_what_is_no_task_is_refused_before_any_work(file: Path, tmp_path: Path, text, error, says) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    with pytest.raises(error, match=says):
        run(Experiment(str(folder), ("jpeg@50",), tmp_path / "out", tasks=(f"{file}:{text}",), device="cpu"))
    assert not (tmp_path / "out").exists()


def test_a_run_scores_it_and_a_resume_with_other_code_is_refused(file: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 2)
    asked = Experiment(
        str(folder),
        ("jpeg@5,90",),
        tmp_path / "out",
        tasks=(f"{file}:Bright:factor=2",),
        metrics=("psnr",),
        device="cpu",
    )
    for _ in run(asked):
        pass
    rows = {row["quality"]: row["bright-of-a-file_agreement_error"] for row in operating_points(asked.out).to_pylist()}
    assert rows[None] == 0 < rows[5.0]
    (text,) = json.loads((asked.out / "manifest.json").read_text())["experiment"]["tasks"]
    assert text == "bright-of-a-file:lower_is_better=error:scorer=own_task_of_a_test:Score"
    assert list(run(asked)) == []
    file.write_text(SOURCE + "\n# another\n")
    with pytest.raises(StorageError, match="scorers bright-of-a-file"):
        list(run(asked))
