"""The study: its script on stand-ins of two experiments, and the documentation's page of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ahc_stream.datasets.kodak import SHA256
from tests.pictures import picture
from tests.printed.stand_ins import environment
from tests.tools.loading import load_tool

ROOT = Path(__file__).resolve().parents[2]
study_page = load_tool("study_page")
KEPT = json.loads(study_page.KEPT.read_text())


def test_the_committed_page_is_what_the_kept_numbers_make():
    assert study_page.TARGET.read_text() == study_page.markdown(KEPT), "run: python tools/study_page.py"


def test_the_kept_numbers_are_of_experiments_of_the_study_in_its_order():
    names = [part["name"] for part in KEPT]

    assert names and names == [name for name in study_page.PARTS if name in names]


@pytest.mark.timeout(240)
def test_one_command_does_what_is_there_and_names_what_is_missing(tmp_path: Path):
    pytest.importorskip("matplotlib")
    kodak = tmp_path / "data" / "datasets" / "kodak"
    kodak.mkdir(parents=True)
    for number, name in enumerate(SHA256):
        Image.fromarray(picture(96, 128, number)).save(kodak / f"{name}.png")
    variables = environment(tmp_path) | {"AHC_STREAM_PATH": str(tmp_path / "data"), "ONLY": "kodak isic"}
    script = ["sh", ROOT / "examples" / "study.sh", tmp_path / "study"]

    done = subprocess.run(script, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "study: left out, for what is named above is missing: isic" in done.stdout
    assert "kaggle.com" in done.stderr
    page = (tmp_path / "study" / "index.html").read_text()
    assert page.count("<svg") == 1 and "mbt2018-mean-lite" in page and "<img" not in page
    assert (tmp_path / "study" / "kodak" / "report" / "index.html").exists()
    assert "Not in this run: isic" in page


def row(**changes: Any) -> dict[str, Any]:
    """A value of a task at jpeg@5."""
    facts: dict[str, Any] = {"quantity": "detection_mAP", "unit": "", "higher_is_better": True, "reference": "labels"}
    point = {"codec": "jpeg", "quality": 5.0, "items": 3, "frames": 3, "bpp": 0.2}
    estimates = {"value": 0.3, "low": 0.2, "high": 0.4, "change": -0.1, "change_low": -0.2, "change_high": -0.05}
    return facts | point | estimates | {"p_holm": 0.01} | changes


def part(*rows: dict[str, Any]) -> dict[str, Any]:
    facts = {"name": "coco", "tasks": ["detection"], "started": "2026-11-30", "commit": "1" * 40, "hardware": "x"}
    return facts | {"cores": 2, "rows": list(rows)}


ORIGINAL = row(codec="identity", quality=None, bpp=24.0, value=0.4, change=0.0, change_low=None, change_high=None)


def test_the_cheapest_point_that_holds_is_the_first_by_rate():
    near = row(quality=30.0, bpp=0.5, value=0.395, change=-0.005, change_low=-0.02, change_high=0.01)
    dear = row(quality=90.0, bpp=1.5, value=0.41, change=0.01)

    lines = study_page.summary([part(ORIGINAL, dear, near, row())])

    assert lines[2] == (
        "| coco | detection mAP (%) | 40.0 | jpeg@5, 0.200 bpp: 30.0 | jpeg@30, 0.500 bpp: -0.5 [-2.0, +1.0] |"
    )


def test_where_no_point_holds_the_page_says_so():
    assert "none of those tried |" in study_page.summary([part(ORIGINAL, row())])[2]


def test_of_an_error_rate_less_is_better():
    errors = row(quantity="detection_mAP", higher_is_better=False, change=-0.1)

    assert study_page.cheapest([errors]) is errors


def test_a_table_has_a_row_for_each_point_and_intervals_where_there_are_any():
    _, _, original, coded = study_page.table(part(ORIGINAL, row()))

    assert original == "| original | 24.000 | 40.0 |"
    assert coded == "| jpeg@5 | 0.200 | 30.0, -10.0 [-20.0, -5.0] |"
