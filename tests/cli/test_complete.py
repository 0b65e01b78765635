"""What a shell completes, as it asks for it, and how little that loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ahc_stream.codecs import CODECS
from ahc_stream.datasets import DATASETS
from ahc_stream.metrics import METRICS
from ahc_stream.tasks import TASKS
from tests.cli.test_startup import HEAVY

PROGRAM = f"""
import sys
from ahc_stream.cli import app
try:
    app(prog_name="ahc-stream")
except SystemExit:
    pass
print("loaded:", [name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


def completed(words: str) -> list[str]:
    """What bash is offered for the last of `words`; "" at their end is a word that has not begun."""
    typed = words.split(" ")
    asked = {"_AHC_STREAM_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | asked, check=True)
    assert done.stderr == "loaded: []\n"
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("ahc-stream run kodak --codec h2", {"h264", "h265"}),
        ("ahc-stream encode x -c jpeg", {name for name in CODECS if name.startswith("jpeg")}),
        ("ahc-stream run ", set(DATASETS)),
        ("ahc-stream run mot", {name for name in DATASETS if name.startswith("mot")}),
        ("ahc-stream run kodak --task ", set(TASKS)),
        ("ahc-stream run kodak -t det", {"detection"}),
        ("ahc-stream run kodak --metric lp", {name for name in METRICS if name.startswith("lp")}),
        ("ahc-stream run pict", set()),
        ("ahc-stream repo", {"report"}),
        ("ahc-stream run kodak --metric-p", {"--metric-profile"}),
    ],
)
def test_names_are_completed_without_any_library(words: str, names: set[str]) -> None:
    assert set(completed(words)) == names


def test_names_of_installed_packages_are_completed_and_their_code_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "heavy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: heavy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ahc_stream.codecs]\nh2-heavy = no_such_module:x\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert set(completed("ahc-stream run kodak --codec h2")) == {"h264", "h265", "h2-heavy"}


def test_the_shell_is_given_its_script(cli, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(environment, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    shown = cli("--show-completion", "bash")
    assert shown.returncode == 0 and "complete -o default -F " in shown.stdout
