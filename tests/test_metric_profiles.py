"""What a run measures by default, by the study's profile, and by metrics that need more than pixels."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ahc_stream import runs, tables
from ahc_stream.cli import app
from ahc_stream.core.errors import MissingData, StorageError, UnknownName
from ahc_stream.core.sharing import Shared
from ahc_stream.experiment import Experiment
from ahc_stream.metrics import PROFILES, standalone
from ahc_stream.plan import plan
from ahc_stream.report import operating_points, print_report
from ahc_stream.running import run
from tests.pictures import write_pictures


@pytest.fixture
def study(tmp_path: Path) -> Experiment:
    folder = write_pictures(tmp_path / "pictures", 3)
    codecs = ("mbt2018-mean-lite@1", "jpeg@30")
    return Experiment(str(folder), codecs, tmp_path / "out", device="cpu", metric_profile="study")


def finish(experiment: Experiment) -> None:
    for _ in run(experiment):
        pass


def test_the_studys_profile_measures_under_names_of_its_own(study: Experiment) -> None:
    finish(study)
    rows = runs.open(study.out).table("frames")
    assert rows.column_names == [*tables.FRAMES.names, *PROFILES["study"].metrics, "start"]
    assert "ssim" not in rows.column_names and "vif" not in rows.column_names
    manifest = json.loads((study.out / "manifest.json").read_text())
    assert manifest["experiment"]["metric_profile"] == "study"
    assert manifest["experiment"]["metrics"] == list(PROFILES["study"].metrics) == list(manifest["metrics"])


def test_its_bpp_is_the_mean_estimate_of_stills_and_null_without_an_entropy_model(study: Experiment) -> None:
    finish(study)
    learned, jpeg = sorted(operating_points(study.out).to_pylist(), key=lambda row: row["codec"] == "jpeg")
    frames = [row for row in runs.open(study.out).table("frames").to_pylist() if row["codec"] != "jpeg"]
    by_hand = sum(row["estimated_bits"] / (row["width"] * row["height"]) for row in frames) / len(frames)
    assert learned["bpp_study"] == pytest.approx(by_hand, rel=1e-12) and learned["bpp_study"] != learned["bpp"]
    assert jpeg["bpp_study"] is None and jpeg["bpp"] > 0
    text = StringIO()
    print_report(study.out, Console(file=text, width=200))
    assert "bpp_study" in text.getvalue() and "no rate of any file" in text.getvalue()


def test_other_runs_have_no_such_column(study: Experiment) -> None:
    finish(replace(study, codecs=("jpeg@30",), metric_profile="standard"))
    assert "bpp_study" not in operating_points(study.out).column_names


def test_named_metrics_win_over_the_profile(study: Experiment) -> None:
    assert plan(replace(study, metrics=("psnr",))).metrics == ("psnr",)
    assert plan(replace(study, metrics=())).metrics == ()


def test_a_folder_keeps_its_profile(study: Experiment) -> None:
    alike = replace(study, codecs=("jpeg@30",), metrics=("psnr",))
    finish(alike)
    with pytest.raises(StorageError, match="metric_profile = study"):
        finish(replace(alike, metric_profile="standard"))


def test_an_unknown_profile_is_answered_with_the_known(study: Experiment) -> None:
    with pytest.raises(UnknownName, match="standard, study"):
        plan(replace(study, metric_profile="paper"))


def test_the_flag_reaches_the_experiment(study: Experiment) -> None:
    words = ["run", study.dataset, "-c", "jpeg@30", "--out", str(study.out), "--metric-profile", "study"]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert "ssim_study" in runs.open(study.out).table("frames").column_names


def test_lacking_weights_of_a_metric_are_told_before_any_frame_is_read(
    study: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("AHC_STREAM_PATH", raising=False)
    with pytest.raises(MissingData, match="data download lpips-alex"):
        plan(replace(study, metrics=("psnr", "lpips_alex")))


def test_the_manifest_names_the_weights_of_a_metric(
    study: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.metrics.test_perceptual import plain, write_trunk

    path = write_trunk(plain("alex"), "alex", tmp_path / "home")
    assert pickle.loads(path.read_bytes())["AlexNet_0"]
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(standalone, "_measurers", Shared())
    finish(replace(study, codecs=("jpeg@30,90",), metrics=("lpips_alex", "psnr_hvs_m", "vmaf"), lanes=2))
    manifest = json.loads((study.out / "manifest.json").read_text())
    assert len(manifest["weights"]["lpips-alex"]["sha256"]) == 64
    rows = runs.open(study.out).table("frames").to_pylist()
    worse, better = ([row for row in rows if row["quality"] == quality] for quality in (30.0, 90.0))
    for low, high in zip(worse, better, strict=True):
        assert low["lpips_alex"] > high["lpips_alex"] and low["psnr_hvs_m"] < high["psnr_hvs_m"]
        assert low["vmaf"] < high["vmaf"] <= 100
