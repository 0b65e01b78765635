"""ahc-stream ls: a line for each run, quickly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ahc_stream import runs
from ahc_stream.cli import app
from tests.cli.test_startup import loaded_by
from tests.runs.sample_rows import JPEG, WEBP, request, whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One whole run with a page, one unfinished, one damaged."""
    for name, items in (("kodak", "ab"), ("group/half", "a"), ("broken", "ab")):
        with runs.begin(tmp_path / name, request(points=(JPEG, WEBP))) as start:
            for item in items:
                start.add(whole(item))
                start.add(whole(item, point=WEBP))
    (tmp_path / "broken" / "manifest.json").write_text("{}}")
    (tmp_path / "kodak" / "report").mkdir()
    (tmp_path / "kodak" / "report" / "index.html").write_text("<html>")
    return tmp_path


def shown(*words: object) -> list[str]:
    result = CliRunner().invoke(app, ["ls", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_a_line_says_how_far_a_run_is(folder: Path) -> None:
    headings, broken, half, kodak = shown(folder)
    assert headings.split() == ["run", "started", "(UTC)", "dataset", "items", "points", "page", "state"]
    assert broken.startswith("broken ") and "damaged: expected a manifest at" in broken
    assert half.split()[0] == "group/half" and " 1/2 " in half and half.endswith("unfinished")
    started = runs.open(folder / "kodak").starts[-1]["started"]
    assert kodak.split() == [
        "kodak", started[:10], started[11:16], "d", "2/2", "jpeg@50", "webp@80",
        str(folder / "kodak" / "report" / "index.html"), "whole",
    ]  # fmt: skip


def test_json_is_an_object_for_each_run(folder: Path) -> None:
    broken, half, kodak = map(json.loads, shown(folder, "--json"))
    assert broken["problem"] and broken["whole"] is False and broken["dataset"] is None
    assert (half["items"], half["done"], half["whole"], half["state"]) == (2, 1, False, "unfinished")
    assert kodak["whole"] and kodak["problem"] is None and kodak["page"].endswith("index.html")
    assert [(point["codec"], point["quality"]) for point in kodak["points"]] == [("jpeg", 50.0), ("webp", 80.0)]


def test_a_run_itself_can_be_named_and_a_folder_without_one_says_so(folder: Path, tmp_path: Path, cli) -> None:
    assert shown(folder / "kodak")[1].startswith("kodak ")
    (tmp_path / "empty").mkdir()
    assert (
        shown(tmp_path / "empty") == [f"no run in {tmp_path / 'empty'}"] and shown(tmp_path / "empty", "--json") == []
    )
    missing = cli("ls")
    assert missing.returncode == 2 and "a folder of runs at runs" in missing.stderr
    assert cli("ls", folder / "kodak" / "manifest.json").returncode == 2


def test_whole_runs_are_listed_without_what_computes_on_rows(folder: Path) -> None:
    for words in (("ls", folder / "kodak"), ("ls", folder / "kodak", "--json"), ("ls", folder / "broken")):
        assert loaded_by(*words, also=("pyarrow.compute",))[1] == "[]"
    assert loaded_by("ls", folder)[1] == "[]"
