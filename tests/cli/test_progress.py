"""Progress: lines of a log, and a live line on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ahc_stream.cli import progress


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
