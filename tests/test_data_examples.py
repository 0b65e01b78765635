"""The examples of data of one's own, by the command lines that their pages print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ahc_stream import runs
from ahc_stream.report import operating_points
from tests import warm
from tests.conftest import REAL_DATA, real

EXAMPLES = Path(__file__).parent.parent / "examples"


def lines_of(example: str) -> str:
    """The one block of shell of an example's page."""
    (block,) = re.findall(r"```sh\n(.*?)```", (EXAMPLES / example / "README.md").read_text(), re.DOTALL)
    return block


def environment(home: Path) -> dict[str, str]:
    """An empty home, the real data, no network, and this environment's own programs first."""
    roots = os.pathsep.join(map(str, REAL_DATA))
    variables = {"AHC_STREAM_HOME": str(home), "AHC_STREAM_PATH": roots, "AHC_STREAM_OFFLINE": "1", "COLUMNS": "200"}
    programs = warm.bin_folder(), Path(sys.executable).parent, os.environ["PATH"]
    return os.environ | variables | {"PATH": os.pathsep.join(map(str, programs))}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("example", "out"), [("own_yolo_folder", "my_data"), ("own_coco", "my_coco")])
def test_an_example_of_labelled_data_runs_as_printed(tmp_path: Path, example: str, out: str) -> None:
    real("weights/yolov5n.pt")
    pytest.importorskip("ultralytics")  # it carries the photos
    (tmp_path / "make_data.py").write_text((EXAMPLES / example / "make_data.py").read_text())
    script = f"set -e\n{lines_of(example)}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment(tmp_path / "home"), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "2 images, 2 with labels of 2 classes" in " ".join(done.stderr.split())
    rows = {row["quality"]: row for row in operating_points(tmp_path / "runs" / out).to_pylist()}
    assert {row["detection_reference"] for row in rows.values()} == {"labels"}
    assert rows[None]["detection_mAP"] > max(0.5, rows[5.0]["detection_mAP"])
    assert runs.open(tmp_path / "runs" / out).labels("detection").num_rows == 6
