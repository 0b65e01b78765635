"""The judge of the tests: its changes are distinct, each one runs, and what lets one pass is told."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.tools.loading import load_tool

ROOT = Path(__file__).resolve().parents[2]
MUTATION = ROOT / "tools" / "mutation"
SOURCE = '''
"""A docstring with 1 number."""
import time
from typing import TypeVar

T = TypeVar("T", bound=int | None)
LIMIT = 10
FLAGS = LIMIT | 4


def first(values: list[int] | None, least: int = 0) -> int:
    """The first value that is large enough."""
    for value in values or []:
        if value >= least and value != 3:
            return value * 2
    time.sleep(0.5)
    return -1


def shown(value, more=False):
    assert value is not None
    text = repr(value)[:80] if isinstance(value, int | Path) else f"{value + 1}"
    if more:
        print(text)
    if not text:
        raise ValueError(f"{LIMIT + 1} characters")
    pairs = zip(text, text, strict=True)
    return [a + "x" for a, b in pairs] + (1 if value is None else 2)
'''


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    path = list(sys.path)
    yield load_tool("mutants")
    sys.path[:] = path


@pytest.fixture(scope="module")
def mutation() -> ModuleType:
    return load_tool("mutation/changes")


def sources() -> list[Path]:
    return [*sorted((ROOT / "ahc_stream" / "core").glob("*.py")), *sorted((ROOT / "ahc_stream" / "line").glob("*.py"))]


def test_every_change_is_another_program_that_compiles(mutation: ModuleType) -> None:
    for source in [SOURCE, *(path.read_text() for path in sources())]:
        trees = [mutation.changed(source, change) for change in mutation.changes(source)]
        programs = [ast.unparse(tree) for tree in (*trees, ast.parse(source))]
        assert len(set(programs)) == len(programs)
        for tree in trees:
            compile(tree, "x.py", "exec")


def test_a_change_is_told_as_it_is_made(mutation: ModuleType) -> None:
    told = [(change.line, change.what) for change in mutation.changes(SOURCE)]
    assert told == [
        (7, "10  ->  11"),
        (8, "LIMIT | 4  ->  LIMIT & 4"),
        (8, "4  ->  5"),
        (11, "0  ->  1"),
        (13, "values or []  ->  values and []"),
        (14, "value >= least and value != 3  ->  value >= least or value != 3"),
        (14, "value >= least  ->  value > least"),
        (14, "value != 3  ->  value == 3"),
        (14, "3  ->  4"),
        (15, "value * 2  ->  value / 2"),
        (15, "2  ->  3"),
        (17, "-1  ->  1"),
        (17, "1  ->  2"),
        (20, "False  ->  True"),
        (22, SWAPPED),
        (23, "if more:\n    print(text)  ->  if not more:\n    print(text)"),
        (24, "print(text)  ->  pass"),
        (25, "not text  ->  text"),
        (28, "[a + 'x' for a, b in pairs] + (1 if value is None else 2)  ->  1 if value is None else 2"),
        (28, "a + 'x'  ->  a"),
        (28, "value is None  ->  value is not None"),
        (28, "1  ->  2"),
        (28, "2  ->  3"),
    ]


SWAPPED = (
    "repr(value)[:80] if isinstance(value, int | Path) else f'{value + 1}'  ->  "
    "f'{value + 1}' if isinstance(value, int | Path) else repr(value)[:80]"
)


def test_a_change_touches_one_place(mutation: ModuleType) -> None:
    original = ast.unparse(ast.parse(SOURCE)).splitlines()
    for change in mutation.changes(SOURCE):
        program = ast.unparse(mutation.changed(SOURCE, change)).splitlines()
        assert len(program) == len(original)
        assert sum(one != other for one, other in zip(program, original, strict=True)) == 1


def run_tiny(folder: Path, mutant: str, test: str) -> subprocess.CompletedProcess[str]:
    """A process that tests the module `tiny` of one function, with that mutant."""
    (folder / "tiny.py").write_text("def double(number):\n    return number * 2\n")
    (folder / "test_tiny.py").write_text(f"import tiny\n\ndef test_it():\n    {test}\n")
    environment = os.environ | {"MUTANT": mutant, "PYTHONPATH": os.pathsep.join([str(MUTATION / "site"), str(folder)])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_tiny.py"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("mutant", "got"), [("tiny:0", "2.5"), ("tiny:1", "15")])
def test_a_process_runs_the_changed_code_and_its_test_fails(tmp_path: Path, mutant: str, got: str) -> None:
    """The changes are `number / 2` and `number * 3`."""
    process = run_tiny(tmp_path, mutant, "assert tiny.double(5) == 10")
    assert process.returncode == 1 and f"assert {got} == 10" in process.stdout


@pytest.mark.parametrize("mutant", ["", "other:0"])
def test_a_process_without_a_change_of_the_module_runs_it_as_it_is(tmp_path: Path, mutant: str) -> None:
    process = run_tiny(tmp_path, mutant, "assert tiny.double(5) == 10 and tiny.__file__.endswith('tiny.py')")
    assert process.returncode == 0, process.stdout


def test_no_file_is_touched(tmp_path: Path) -> None:
    run_tiny(tmp_path, "tiny:0", "assert tiny.double(5) == 2.5")
    assert (tmp_path / "tiny.py").read_text() == "def double(number):\n    return number * 2\n"


def test_the_nearest_tests_come_first_and_then_the_folders(tool: ModuleType) -> None:
    package = ROOT / "ahc_stream"
    tests = {name: tool.of_file(package / f"{name}.py")[0].tests for name in ("core/clip", "line/rows", "lanes")}
    assert tests == {
        "core/clip": [["tests/core/test_clip.py"], ["tests/core"]],
        "line/rows": [["tests/line"]],
        "lanes": [["tests/test_lanes.py"]],
    }


def test_changes_are_drawn_by_their_seed_and_none_twice(tool: ModuleType) -> None:
    mutants = tool.drawn(["line", "core/clip"], 40, seed=1)
    assert mutants == tool.drawn(["line", "core/clip"], 40, seed=1) != tool.drawn(["line", "core/clip"], 40, seed=2)
    assert len(set(mutants)) == 40
    assert {mutant.module.rpartition(".")[0] for mutant in mutants} == {"ahc_stream.line", "ahc_stream.core"}
    every = tool.of_file(ROOT / "ahc_stream" / "core" / "clip.py")
    assert set(tool.drawn(["core/clip"], 10_000, seed=0)) == set(every)


@pytest.mark.parametrize(
    ("command", "fails"),
    [
        ("sys.exit(0)", False),
        ("sys.exit(5)", False),  # no test was collected
        ("sys.exit(1)", True),
        ("import time; time.sleep(60)", True),
    ],
)
def test_tests_that_fail_or_hang_have_noticed(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, command: str, fails: bool
) -> None:
    run = subprocess.run

    def stand_in(arguments: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        return run([sys.executable, "-c", f"import sys; {command}"], **options)

    monkeypatch.setattr(tool.subprocess, "run", stand_in)
    assert tool.fails(["tests/none"], "", timeout=5) is fails


def test_what_passes_is_named_and_the_share_that_is_caught(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tests that notice every second change."""
    monkeypatch.setattr(sys, "argv", ["mutants.py", "core/clip", "--count", "1000"])
    monkeypatch.setattr(tool, "fails", lambda tests, mutant, timeout: mutant[-1:] in {"1", "3", "5", "7", "9"})
    tool.main()
    *passed, share = capsys.readouterr().out.splitlines()
    count = len(tool.of_file(ROOT / "ahc_stream" / "core" / "clip.py"))
    assert len(passed) == (count + 1) // 2
    assert all(line.startswith("passed  ahc_stream/core/clip.py:") for line in passed)
    assert share.startswith(f"{count // 2} of {count} caught")


def test_tests_that_fail_by_themselves_judge_nothing(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mutants.py", "core/clip", "--count", "1"])
    monkeypatch.setattr(tool, "fails", lambda tests, mutant, timeout: True)
    with pytest.raises(SystemExit, match="fails without any change"):
        tool.main()
