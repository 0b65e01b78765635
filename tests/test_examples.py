"""Each file under `examples/`, by the command lines that its docstring prints."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ahc_stream.report import operating_points
from tests.pictures import write_pictures

ROOT = Path(__file__).parent.parent


def commands(example: str) -> list[str]:
    """The lines that begin with `ahc-stream`."""
    return re.findall(r"^ahc-stream .*$", (ROOT / "examples" / example).read_text(), re.MULTILINE)


def finished(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command with PICTURES and OUT below `folder`, and no option of ours."""
    places = {"PICTURES": folder / "pictures", "OUT": folder / "out"}
    words = [str(places.get(word, word)) for word in shlex.split(command)]
    assert words[0] == "ahc-stream"
    program = [sys.executable, "-m", "ahc_stream.cli", *words[1:]]
    done = subprocess.run(program, capture_output=True, text=True, cwd=ROOT, check=False)
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
