"""The report asks, it does not know: no name of a metric, a task or a score is in it, and it needs no torch."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ahc_stream import metrics, tasks
from ahc_stream.tasks.changes import compare

REPORT = Path(__file__).parent.parent.parent / "ahc_stream" / "report"
COUNTS = {"improved", "worsened", "unchanged"}
"""What `tasks.changes.compare` counts of any task: no score of one task."""


def names() -> set[str]:
    """Every name that belongs to one metric, task, score or profile alone."""
    entries = tasks.TASKS.values()
    scores = {score.name for entry in entries for score in entry.scores} - COUNTS
    rates = {profile.estimated_rate.name for profile in metrics.PROFILES.values() if profile.estimated_rate}
    labels = {entry.labels for entry in entries if entry.labels}
    return {*metrics.METRICS, *metrics.PROFILES, *tasks.TASKS, *scores, *rates, *labels}


def python_strings(path: Path) -> Iterator[str]:
    """The texts in a file, docstrings apart."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def script_strings(path: Path) -> Iterator[str]:
    yield from (match[1] for match in re.findall(r"""(["'`])(.*?)\1""", path.read_text()))


@pytest.mark.parametrize("path", sorted(REPORT.rglob("*.py")), ids=lambda path: path.name)
def test_no_module_holds_a_name(path: Path) -> None:
    assert not names() & set(python_strings(path))


@pytest.mark.parametrize("path", sorted(REPORT.rglob("*.js")), ids=lambda path: path.name)
def test_no_script_holds_a_name(path: Path) -> None:
    assert not names() & set(script_strings(path))


def test_the_reader_of_texts_sees_tables_and_conditions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""psnr"""\nDIGITS = {"psnr": 2}\nif name == "mAP": pass\n')
    (tmp_path / "a.js").write_text('shown.find((each) => each.name === "psnr") || map.measure === `cer`;')
    assert names() & set(python_strings(tmp_path / "a.py")) == {"psnr", "mAP"}
    assert names() & set(script_strings(tmp_path / "a.js")) == {"psnr", "cer"}


def test_counts_are_those_of_every_task() -> None:
    import pyarrow as pa

    one = pa.table({"dataset": ["d"], "item": ["i"], "frame": pa.array([0], pa.int32()), "correct": [1.0]})
    assert compare(one, one).keys() >= COUNTS


HEAVY = ("torch", "numba", "triton", "scipy", "matplotlib", "ahc_stream.kernels._native")


@pytest.mark.parametrize(
    "program",
    [
        "import ahc_stream.report",
        "import ahc_stream.metrics, ahc_stream.tasks; assert ahc_stream.metrics.METRICS and ahc_stream.tasks.TASKS",
        "import sys; sys.argv = ['ahc-stream', 'report', '--help']; from ahc_stream.cli import app\n"
        "try: app()\nexcept SystemExit as end: assert end.code == 0",
    ],
)
def test_it_is_imported_without_torch_and_without_the_compiled_library(program: str) -> None:
    told = f"{program}\nimport sys; print('loaded:', [name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("loaded: []"), done.stdout
