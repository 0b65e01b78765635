"""ahc-stream run --profile: seconds by part, a trace, and no tables."""

from __future__ import annotations

import json
from pathlib import Path

from ahc_stream.cli.profile import SETTINGS, settings
from tests.pictures import write_pictures


def test_a_profile_tells_seconds_by_part_and_writes_a_trace_and_no_tables(cli, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures", 3)
    words = (
        "run",
        pictures,
        "-c",
        "jpeg@20",
        "--metric",
        "psnr",
        "-t",
        "edges:detector=canny",
        "--out",
        tmp_path / "out",
    )
    shown = cli(*words, "--profile", "2", "--threads", "1")
    assert shown.returncode == 0, shown.stderr
    for part in ("open", "codec", "measure", "jpeg@20", "one pass: psnr", "edges", "thread budget: 1"):
        assert part in shown.stdout
    assert shown.stdout.startswith("4 frames, ")  # two items, at the point and as the original
    assert not (tmp_path / "out").exists()
    events = json.loads((tmp_path / "out-profile.json").read_text())["traceEvents"]
    assert {event["name"] for event in events if event["ph"] == "X"} >= {"open", "codec", "measure", "edges"}


def test_settings_are_those_of_this_process(monkeypatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    told = settings()
    assert told["MALLOC_ARENA_MAX"] == "2" and "OMP_NUM_THREADS" not in told and int(told["thread budget"]) >= 1
