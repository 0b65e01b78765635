"""run --track as a user meets it: records, warnings, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ahc_stream import runs
from tests.cli.conftest import Cli
from tests.pictures import write_pictures


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    pictures = write_pictures(tmp_path / "pictures", 3)
    out = str(tmp_path / "out")
    return ("run", str(pictures), "--codec", "jpeg@30,80", "--metric", "psnr", "--device", "cpu", "--out", out)


def test_a_run_is_tracked_and_stdout_stays_its_own(cli: Cli, words: tuple[str, ...], tmp_path: Path) -> None:
    done = cli(*words, "--json", "--track", "tensorboard")
    assert done.returncode == 0 and json.loads(done.stdout)["frames"] == 6, done.stderr
    assert list((tmp_path / "out" / "tensorboard").rglob("events.out.*"))
    assert runs.verify(tmp_path / "out") == []


def test_an_unknown_tracker_ends_it_before_any_work(cli: Cli, words: tuple[str, ...], tmp_path: Path) -> None:
    done = cli(*words, "--track", "tensorbord")
    assert done.returncode == 2 and "id you mean 'tensorboard'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_one_that_cannot_write_is_a_warning(cli: Cli, words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tensorboard").write_text("in the way")
    done = cli(*words, "--track", "tensorboard")
    assert done.returncode == 0 and done.stderr.count("--track tensorboard: ") == 1
    assert "the run goes on without it" in done.stderr and runs.open(tmp_path / "out").frames.num_rows == 6
