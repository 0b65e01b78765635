"""Progress: lines of a log, and a live line on a terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import ahc_stream as ahc
from ahc_stream.cli import progress
from tests.pictures import write_pictures


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.counting("[a] -> b") as count:
        count(3)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    with progress.counting("[a] -> b", "images") as count:
        count(3)
        count(5)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("[a] -> b: 3 images, ") and first.endswith(" images/s")
    assert second.startswith("[a] -> b: 5 images, ")


def test_a_terminal_gets_one_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(progress, "plain_console", lambda stderr: terminal)
    with progress.counting("[a] -> b") as count:
        count(7)
    assert "[a] -> b: 7 frames" in terminal.file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (3540, "59 min"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_time_left_is_told_as_people_tell_it(seconds: float, text: str) -> None:
    assert progress.duration_text(seconds) == text


def test_a_line_begins_with_the_share_and_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    folder = write_pictures(tmp_path / "in", 4)
    experiment = ahc.Experiment(str(folder), ("jpeg@50",), tmp_path / "out", device="cpu", metrics=("psnr",))
    list(progress.frames_of(ahc.run(experiment), Console(stderr=True, width=200)))
    *_, last = capsys.readouterr().err.splitlines()
    assert re.match(r"\d+ %, \d+ s left: \d+ frames, ", last) and last.startswith("100 %, 0 s left: 4 frames")
