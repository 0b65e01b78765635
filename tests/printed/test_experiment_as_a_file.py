"""The experiment as a file of docs/quickstart.md, by the lines that it prints."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ahc_stream import runs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(300)
def test_the_lines_run_as_printed(tmp_path: Path) -> None:
    pytest.importorskip("ultralytics")  # it carries the photos of the sample
    section = (ROOT / "docs" / "quickstart.md").read_text().split("## An experiment as a file")[1]
    (lines,) = re.findall(r"```sh\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    (tmp_path / "examples").mkdir()
    shutil.copy(ROOT / "examples" / "experiment.toml", tmp_path / "examples")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    variables = {"AHC_STREAM_HOME": str(tmp_path / "home"), "AHC_STREAM_OFFLINE": "1", "PATH": path}
    script = ["bash", "-ec", lines]
    done = subprocess.run(script, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "estimated from" in done.stdout and "runs/experiment, where no run is yet" in done.stdout
    listed = [line.split() for line in done.stdout.splitlines()[-2:]]
    assert [line[0] for line in listed] == ["again", "experiment"] and {line[-1] for line in listed} == {"whole"}
    first, again = (runs.open(tmp_path / "runs" / name) for name in ("experiment", "again"))
    assert {row["codec"] for row in first.points} == {"jpeg"} and first.frames.num_rows == 8
    assert first.frames.drop_columns("start").equals(again.frames.drop_columns("start"))
    folder = json.loads((tmp_path / "runs" / "again" / "manifest.json").read_text())["starts"][0]["folder"]
    assert Path(folder) == tmp_path
