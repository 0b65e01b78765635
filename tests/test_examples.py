"""Each file under `examples/`, by the command lines that its docstring prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from ahc_stream import runs
from ahc_stream.report import operating_points
from tests import warm
from tests.pictures import write_pictures
from tests.test_long_stream import write_long_video

ROOT = Path(__file__).parent.parent


def commands(example: str) -> list[str]:
    """The lines that begin with `ahc-stream`."""
    return re.findall(r"^(?:# )?(ahc-stream .*)$", (ROOT / "examples" / example).read_text(), re.MULTILINE)


def finished(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command with PICTURES, VIDEO and OUT below `folder`, and no option of ours."""
    places = {"PICTURES": folder / "pictures", "VIDEO": folder / "video.mp4", "OUT": folder / "out"}
    words = [str(places.get(word, word)) for word in shlex.split(command)]
    assert words[0] == "ahc-stream"
    done = subprocess.run([*warm.command(), *words[1:]], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done


def rows_of(example: str, folder: Path) -> tuple[list[dict], str]:
    """Operating points of the run that the docstring prints, and what the report prints."""
    write_pictures(folder / "pictures", 2, 100, 132)
    (*before, report) = commands(example)
    for command in before:
        finished(command, folder)
    return operating_points(folder / "out").to_pylist(), finished(report, folder).stdout


@pytest.mark.timeout(240)
def test_an_own_model_needs_no_adapter(tmp_path: Path) -> None:
    rows, printed = rows_of("own_model.py", tmp_path)
    rates = {(row["codec"], row["quality"]): row["bpp"] for row in rows}
    assert rates.keys() == {("own_model.py:Elic", 1.0), ("own_model.py:Elic", 2.0), ("jpeg", 30.0)}
    assert 0 < rates["own_model.py:Elic", 1.0] < rates["own_model.py:Elic", 2.0]
    assert "own_model.py:Elic" in printed


@pytest.mark.timeout(240)
def test_an_own_codec_keeps_what_it_says(tmp_path: Path) -> None:
    rows, printed = rows_of("own_codec.py", tmp_path)
    psnr = [row["psnr"] for row in rows if row["codec"] == "own_codec.py:HighBits"]
    assert len(psnr) == 3 and psnr == sorted(psnr) and "own_codec.py:HighBits" in printed


@pytest.mark.timeout(120)
def test_the_own_codec_runs_by_itself(tmp_path: Path) -> None:
    picture = write_pictures(tmp_path / "pictures", 1) / "000.png"
    command = [sys.executable, "examples/own_codec.py", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3, done.stderr


@pytest.mark.timeout(240)
def test_an_encoder_and_a_decoder_that_are_programs_equal_the_codec_in_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ffmpeg program has the x264 of PyAV's libraries: the same bytes and frames, to the last bit."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    write_long_video(tmp_path / "video.mp4", 20, 96, 128)
    rows, printed = rows_of("own_encoder.toml", tmp_path)
    assert {(row["codec"], row["quality"]) for row in rows} == {
        (codec, quality) for codec in ("exec:own_encoder", "h264") for quality in (23.0, 33.0)
    }
    frames = runs.open(tmp_path / "out").frames.to_pylist()
    measured = {(row["codec"], row["quality"], row["frame"]): (row["mse"], row["ssim"]) for row in frames}
    assert len(measured) == 80 and all(
        measured["exec:own_encoder", q, f] == measured["h264", q, f] for _, q, f in measured
    )
    rates = {(row["codec"], row["quality"]): row["bpp"] for row in rows}
    assert all(rates["exec:own_encoder", quality] == rates["h264", quality] for quality in (23.0, 33.0))
    assert "exec:own_encoder" in printed


@pytest.mark.timeout(240)
def test_an_own_metric_has_its_label_and_its_direction_in_the_report(tmp_path: Path) -> None:
    rows, printed = rows_of("own_metric.py", tmp_path)
    worst, *_, best = (row["blockiness"] for row in sorted(rows, key=lambda row: row["quality"]))
    assert worst > best and "blockiness" in printed
    page = (tmp_path / "out" / "report" / "report.csv").read_text()
    assert '"blockiness","",false' in page or '"blockiness",,false' in page


@pytest.mark.timeout(240)
def test_an_own_task_is_scored_from_its_command_line(tmp_path: Path) -> None:
    rows, printed = rows_of("own_task.py", tmp_path)
    scores = {row["quality"]: row["corners_agreement_mAP"] for row in rows}
    assert scores[None] == 1 > scores[90.0] > scores[10.0] and "corners" in printed


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package of `examples/plugin`, installed into a folder of its own from a copy of its source."""
    source = shutil.copytree(ROOT / "examples" / "plugin", tmp_path / "source")
    words = ["--no-index", "--no-build-isolation", "--no-deps", "--quiet", "--target", str(tmp_path / "installed")]
    command = [sys.executable, "-m", "pip", "install", *words, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    return tmp_path


@pytest.mark.timeout(300)
def test_an_installed_package_brings_names_that_a_run_takes(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pictures(installed / "pictures", 2, 100, 132)
    listing, run, report = commands("plugin/pyproject.toml")
    assert re.search(r"^posterize +from ahc-posterize 1\.0$", finished(listing, installed).stdout, re.MULTILINE)
    finished(run, installed)
    assert "levels" in (printed := finished(report, installed).stdout) and "posterize" in printed
    rows = {(row["codec"], row["quality"]): row for row in operating_points(installed / "out").to_pylist()}
    assert rows["posterize", 2.0]["levels"] == 4 < rows["posterize", 4.0]["levels"] <= 16
    assert runs.open(installed / "out").table("predictions_mean_sample").num_rows == 2 * 4
    monkeypatch.setenv("AHC_STREAM_PLUGINS", "0")
    assert "posterize" not in finished(listing, installed).stdout
