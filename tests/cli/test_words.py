"""What the command line says: near names, what datasets assume, and nothing at all once nobody reads any more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ahc_stream.cli import data
from ahc_stream.core.errors import UnknownName
from ahc_stream.datasets import DATASETS, FOLDER_ASSUMES

ROOT = Path(__file__).parent.parent.parent


def piped(words: str, reader: str) -> tuple[int, str]:
    """Exit code and standard error of a command whose output goes to another one."""
    environment = {**os.environ, "COMMAND": f"{sys.executable} -m ahc_stream.cli"}
    script = f"$COMMAND {words} | {reader} >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("reader", ["head -1", "true"])
@pytest.mark.parametrize("words", ["list codecs", "list datasets", "data list", "data list --json", "weights list"])
def test_a_reader_that_has_gone_is_no_fault(words: str, reader: str) -> None:
    assert piped(words, reader) == (0, "")


def test_an_error_before_a_gone_reader_stays_an_error() -> None:
    code, text = piped("list nothing", "true")
    assert code == 2 and "UnknownName" in text


@pytest.mark.parametrize(
    ("name", "near"), [("kodack", "'kodak'"), ("yolov5", "'yolov5n'"), ("hed-bsd500", "'hed-bsds500'"), ("zzzzz", "")]
)
@pytest.mark.parametrize("command", [data.path, data.check, data.download])
def test_an_unknown_name_gets_the_nearest_ones_only(command, name: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        command([name])
    text = str(caught.value)
    assert near in text and len(text) < 250 and "see `ahc-stream data list`" in text.replace("See", "see")
    assert ("did you mean" in text.lower()) is bool(near)


def test_every_dataset_says_what_it_assumes(capsys) -> None:
    from ahc_stream.cli.listing import list_names

    list_names("datasets")
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for name, entry in DATASETS.items():
        assert entry.assumes.endswith(".") and entry.assumes in lines, name
    assert FOLDER_ASSUMES in lines
