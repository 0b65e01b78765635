"""The recipe `docs/recipes/metric.md`, followed from outside the package: its files and row, from frames to curves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor

from ahc_stream import runs
from ahc_stream.experiment import Experiment
from ahc_stream.kernels.quality import Statistics, StatisticsRequest
from ahc_stream.metrics import METRICS, Fused, Metric, measure
from ahc_stream.report import ReportSettings, analyse, deltas, figure, outliers, print_report, write_report
from ahc_stream.running import run
from tests.metrics.frames import strided, textured
from tests.pictures import write_pictures
from tests.recipes import block

FILES = {
    "max_error_cpu.py": '"""The largest absolute error of a frame, on the CPU',
    "max_error_cuda.py": '"""The largest absolute error of a frame, on the GPU',
    "max_error.py": '"""The largest absolute error of a frame, by the device',
}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files and the row as the recipe prints them, in place."""
    folder = tmp_path / "code"
    folder.mkdir()
    for name, beginning in FILES.items():
        (folder / name).write_text(block("metric.md", beginning))
        monkeypatch.delitem(sys.modules, name.removesuffix(".py"), raising=False)
    monkeypatch.syspath_prepend(folder)
    row = block("metric.md", '"max_error": Metric')
    monkeypatch.setitem(METRICS, "max_error", eval(f"{{{row}}}", {"Metric": Metric})["max_error"])
    return folder


def largest(x: Tensor, y: Tensor) -> Tensor:
    """The definition."""
    return (x.double() - y.double()).abs().flatten(1).amax(1)


def test_the_kernel_measures_what_it_says_in_any_memory_layout(code: Path) -> None:
    for pair in (textured(3, 35, 50), strided(*textured(3, 35, 50)), textured(1, 1, 1)):
        assert torch.equal(measure(*pair, ["max_error"])["max_error"], largest(*pair))


@pytest.mark.timeout(240)
def test_its_twin_for_the_gpu_has_the_same_values(code: Path) -> None:
    """Interpreted, where there is no GPU."""
    program = (
        "import torch; from max_error_cuda import largest\n"
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'\n"
        "x, y = (torch.randint(0, 256, (2, 3, 40, 30), dtype=torch.uint8, device=device) for _ in range(2))\n"
        "expected = (x.double() - y.double()).abs().flatten(1).amax(1)\n"
        "assert torch.equal(largest(x, y), expected), (largest(x, y), expected)\n"
    )
    interpreted = {} if torch.cuda.is_available() else {"TRITON_INTERPRET": "1"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=os.environ | interpreted, cwd=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_run_prints_it_draws_its_curve_and_compares_codecs_by_it(code: Path, tmp_path: Path) -> None:
    folder, out = write_pictures(tmp_path / "pictures", 4), tmp_path / "out"
    for _ in run(
        Experiment(str(folder), ("jpeg@5,20,50,90", "webp@5,20,50,90"), out, metrics=("max_error",), device="cpu")
    ):
        pass
    page = StringIO()
    print_report(out, Console(file=page, width=200))
    mean = np.mean(
        [
            row["max_error"]
            for row in runs.open(out).frames.to_pylist()
            if row["codec"] == "jpeg" and row["quality"] == 5
        ]
    )
    assert re.search(rf"jpeg\b.* 5 .*│ +{mean:.1f} │", page.getvalue()), "with the decimals that its row says"
    analysis = analyse(out, ReportSettings(resamples=100))
    (quantity,) = analysis.quantities
    assert (quantity.label, quantity.unit, quantity.higher_is_better) == ("largest error", "grey levels", False)
    assert {row["label"] for row in deltas(analysis).to_pylist()} == {"largest error"}
    assert outliers(analysis).schema.names and analysis.leading_metric == quantity
    axes = figure(analysis, "max_error").axes[0]
    assert axes.get_ylabel() == "largest error (grey levels)" and len(axes.get_legend_handles_labels()[1]) == 2
    data = json.loads(re.search(r'id="data">(.*?)</script>', write_report(analysis).read_text(), re.DOTALL).group(1))
    assert [each["label"] for each in data["quantities"]] == ["largest error"] and data["quantities"][0]["leading"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["metrics"]["max_error"].startswith("Largest absolute difference")


def test_the_formula_shares_the_pass_over_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"Statistics": Statistics, "StatisticsRequest": StatisticsRequest, "Fused": Fused, "Tensor": Tensor}
    exec(block("metric.md", "def rmse"), names)
    row = Metric("rmse", "RMSE", "grey levels", 2, "Square root of the MSE.", False, names["RMSE"])
    monkeypatch.setitem(METRICS, "rmse", row)
    values = measure(*textured(2, 40, 40), ["mse", "rmse"])
    assert torch.equal(values["rmse"], values["mse"].sqrt())


def test_a_report_by_a_program_that_does_not_know_it_shows_it_under_its_name(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = write_pictures(tmp_path / "pictures", 3), tmp_path / "out"
    for _ in run(Experiment(str(folder), ("jpeg@5",), out, metrics=("max_error",), device="cpu")):
        pass
    monkeypatch.delitem(METRICS, "max_error")
    page = StringIO()
    print_report(out, Console(file=page, width=200))
    assert "max_error" in page.getvalue()
    analysis = analyse(out)
    (quantity,) = analysis.quantities
    assert (quantity.label, quantity.higher_is_better) == ("max error", None) and analysis.leading_metric is None
    assert write_report(analysis).is_file() and deltas(analysis).num_rows == 0
