"""`--metric file.py:name` and metric functions in Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.experiment import Experiment
from ahc_stream.metrics import Metric, own
from ahc_stream.report import operating_points
from ahc_stream.running import run
from tests.metrics.frames import textured
from tests.pictures import write_pictures

SOURCE = '''
from ahc_stream.metrics import Metric, Standalone

def largest(reference, distorted):
    """Largest absolute difference
    of a sample."""
    assert len(reference) == 1
    return (reference.double() - distorted.double()).abs().amax()

largest.higher_is_better = False
largest.unit = "grey levels"

def unsaid(reference, distorted):
    return 0.0

def psnr(reference, distorted):
    return 0.0

psnr.higher_is_better = True

def wrong(reference, distorted):
    return reference

wrong.higher_is_better = True

def zero(device):
    return lambda reference, distorted: reference.double().mean((1, 2, 3)) * 0

row = Metric("row_of_mine", "mine", "1", 2, "Zero.", True, Standalone(zero))
NUMBER = 3
'''


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "code" / "own_metric_test.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_metric_test", raising=False)
    yield path
    for name in list(own._brought):
        del own._brought[name], metrics.METRICS[name]


def test_a_function_measures_each_frame_and_says_what_it_is(file: Path) -> None:
    assert metrics.named(f"{file}:largest") == "largest"
    x, y = textured(3, 20, 30)
    values = metrics.measure(x, y, ["largest"])["largest"]
    assert torch.equal(values, (x.double() - y.double()).abs().flatten(1).amax(1))
    row = metrics.known("largest")
    assert isinstance(row, Metric) and row.definition == "Largest absolute difference of a sample."
    assert (row.label, row.unit, row.higher_is_better) == ("largest", "grey levels", False)


def test_a_row_is_taken_as_it_is_and_a_name_of_the_table_stays_itself(file: Path) -> None:
    assert metrics.named(f"{file}:row") == "row_of_mine" and metrics.named("psnr") == "psnr"
    assert metrics.code_digests(["psnr"]) == {} and metrics.code_digests(["row_of_mine"]).keys() == {
        "metric row_of_mine"
    }


@pytest.mark.parametrize(
    ("name", "says"), [("unsaid", "higher_is_better = True"), ("psnr", "not taken"), ("NUMBER", "a function of two")]
)
def test_what_is_no_metric_is_refused_before_any_work(file: Path, tmp_path: Path, name: str, says: str) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    with pytest.raises(InvalidValue, match=says):
        run(Experiment(str(folder), ("jpeg@50",), tmp_path / "out", metrics=(f"{file}:{name}",), device="cpu"))
    assert not (tmp_path / "out").exists()


def test_a_function_that_returns_no_number_is_told(file: Path) -> None:
    metrics.named(f"{file}:wrong")
    with pytest.raises(InvalidValue, match="one number out of the metric wrong"):
        metrics.measure(*textured(1, 20, 30), ["wrong"])


def test_a_run_measures_it_and_a_resume_with_other_code_is_refused(file: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 2)
    asked = Experiment(
        str(folder), ("jpeg@5,90",), tmp_path / "out", metrics=("psnr", f"{file}:largest"), device="cpu", clip_frames=1
    )
    for _ in run(asked):
        pass
    rows = {row["quality"]: row["largest"] for row in operating_points(asked.out).to_pylist()}
    assert rows[5.0] > rows[90.0] > 0
    manifest = json.loads((asked.out / "manifest.json").read_text())
    assert manifest["metrics"].keys() == {"psnr", "largest"} and manifest["scorers"].keys() == {"metric largest"}
    assert list(run(asked)) == []
    file.write_text(SOURCE.replace("amax()", "amin()"))
    with pytest.raises(StorageError, match="scorers metric largest"):
        list(run(asked))
    assert (metrics.measure(*textured(1, 20, 30), ["largest"])["largest"] < 50).all(), "the code as it is now"


def test_a_function_in_python_stands_beside_names(file: Path, tmp_path: Path) -> None:
    def darkest(reference: torch.Tensor, distorted: torch.Tensor) -> float:
        return float(distorted.min())

    darkest.higher_is_better = True
    folder = write_pictures(tmp_path / "pictures", 1)
    going = run(Experiment(str(folder), ("identity",), None, metrics=("psnr", darkest), device="cpu"))
    (rows,) = going
    assert rows.tables["frames"].column_names[-2:] == ["psnr", "darkest"]
