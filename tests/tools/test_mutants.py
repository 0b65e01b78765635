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
    return [ROOT / "ahc_stream" / name for name in ("core/quality.py", "line/open.py", "tasks/tracking/match.py")]


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


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("a + [b]", "a + [b]  ->  a"),
        ("'-' * a", "'-' * a  ->  '-'"),
        ("a | {'b': c}", "a | {'b': c}  ->  a"),
        ("{'b': c} | a", "{'b': c} | a  ->  a"),
        ("a |= {b: c for b in d}", "a |= {b: c for b in d}  ->  pass"),
        ("a += (b,)", "a += (b,)  ->  pass"),
        ("a += b", "a += b  ->  a -= b"),
    ],
)
def test_no_change_is_an_error_whatever_the_code_does(mutation: ModuleType, source: str, what: str) -> None:
    """A difference of lists or a union of dicts with the other sign would be caught by any test that runs the line."""
    assert [change.what for change in mutation.changes(source)] == [what]


def test_a_change_touches_one_place(mutation: ModuleType) -> None:
    original = ast.unparse(ast.parse(SOURCE)).splitlines()
    for change in mutation.changes(SOURCE):
        program = ast.unparse(mutation.changed(SOURCE, change)).splitlines()
        assert len(program) == len(original)
        assert sum(one != other for one, other in zip(program, original, strict=True)) == 1


TINY = "def double(number):\n    return number * 2\n"
QUICK = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
"""Plugins are most of what a process of tests costs, and options of the tests around these name some."""


def run_tiny(folder: Path, mutant: str, test: str) -> subprocess.CompletedProcess[str]:
    """A process that tests the module `tiny` of one function, with that mutant."""
    (folder / "tiny.py").write_text(TINY)
    (folder / "test_tiny.py").write_text(f"import tiny\n\ndef test_it():\n    {test}\n")
    environment = os.environ | QUICK
    environment |= {"MUTANT": mutant, "PYTHONPATH": os.pathsep.join([str(MUTATION / "site"), str(folder)])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_tiny.py"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("mutant", "got"), [("tiny:0", "2.5"), ("tiny:1", "15")])
def test_a_process_runs_the_changed_code_and_its_test_fails(tmp_path: Path, mutant: str, got: str) -> None:
    """The changes are `number / 2` and `number * 3`."""
    process = run_tiny(tmp_path, mutant, "assert tiny.double(5) == 10")
    assert process.returncode == 1 and f"assert {got} == 10" in process.stdout
    assert (tmp_path / "tiny.py").read_text() == TINY, "no file is touched"


@pytest.mark.parametrize("mutant", ["", "other:0"])
def test_a_process_without_a_change_of_the_module_runs_it_as_it_is(tmp_path: Path, mutant: str) -> None:
    process = run_tiny(tmp_path, mutant, "assert tiny.double(5) == 10 and tiny.__file__.endswith('tiny.py')")
    assert process.returncode == 0, process.stdout


@pytest.mark.parametrize(
    ("what", "line", "lines"),
    [
        ("10  ->  11", 7, [7]),
        ("0  ->  1", 11, [11]),  # a default is run where the function is defined
        ("value != 3  ->  value == 3", 14, [14]),  # the head of the `if`, not what it holds
        ("if more:\n    print(text)  ->  if not more:\n    print(text)", 23, [23]),
        ("2  ->  3", 28, [28]),
    ],
)
def test_a_change_knows_the_lines_of_its_statement(
    mutation: ModuleType, what: str, line: int, lines: list[int]
) -> None:
    (change,) = [change for change in mutation.changes(SOURCE) if (change.what, change.line) == (what, line)]
    assert list(change.lines) == lines
    assert change.text == SOURCE.splitlines()[line - 1].strip()


def test_a_change_within_several_lines_has_all_of_them(mutation: ModuleType) -> None:
    source = "total = sum(\n    [\n        4,\n    ]\n)\nwith open(\n    5\n) as file:\n    print(6)\n"
    assert [(change.what, list(change.lines)) for change in mutation.changes(source)] == [
        ("4  ->  5", [1, 2, 3, 4, 5]),
        ("5  ->  6", [6, 7, 8]),
        ("print(6)  ->  pass", [9]),
        ("6  ->  7", [9]),
    ]


def test_the_mirroring_tests_are_those_of_the_folder_and_the_nearest_of_the_file(tool: ModuleType) -> None:
    package = ROOT / "ahc_stream"
    mutants = {name: tool.of_file(package / f"{name}.py")[0] for name in ("core/clip", "tasks/ocr/score", "lanes")}
    assert {name: mutant.folder for name, mutant in mutants.items()} == {
        "core/clip": "tests/core",
        "tasks/ocr/score": "tests/tasks/ocr",
        "lanes": "tests",
    }
    assert mutants["core/clip"].nearest == {"tests/core/test_clip.py"}
    assert mutants["tasks/ocr/score"].nearest == {"tests/tasks/ocr/test_ocr_score.py"}
    assert mutants["tasks/ocr/score"].tests == tool.test_files("tests/tasks/ocr")


def test_tests_that_import_a_module_stand_for_a_file_of_its_name(tool: ModuleType) -> None:
    few = tool.of_file(ROOT / "ahc_stream" / "core" / "writable.py")[0]
    assert few.nearest == {"tests/cli/test_closed_folders.py"}
    assert set(few.tests) == {"tests/cli/test_closed_folders.py", *tool.test_files("tests/core")}
    many = tool.of_file(ROOT / "ahc_stream" / "core" / "point.py")[0]
    assert len(many.nearest) > 10 and many.tests == tool.test_files("tests/core")


def test_changes_are_drawn_by_their_seed_and_none_twice(tool: ModuleType) -> None:
    mutants = tool.drawn("line", 40, seed=1)
    assert mutants == tool.drawn("line", 40, seed=1) != tool.drawn("line", 40, seed=2)
    assert len(set(mutants)) == 40
    assert {mutant.module.rpartition(".")[0] for mutant in mutants} == {"ahc_stream.line"}
    every = tool.of_file(ROOT / "ahc_stream" / "core" / "clip.py")
    assert set(tool.drawn("core/clip", 10_000, seed=0)) == set(every)


def test_a_group_is_all_its_modules_and_a_name_that_is_nothing_is_told(tool: ModuleType) -> None:
    scorers = {str(path.relative_to(ROOT / "ahc_stream")) for path in tool.files("scorers")}
    assert {"tasks/detection/score.py", "tasks/tracking/match.py", "tasks/detection/nms.py"} <= scorers
    with pytest.raises(SystemExit, match="core/clap: no folder and no module"):
        list(tool.files("core/clap"))


def test_every_equivalent_change_is_there_with_its_reason(tool: ModuleType) -> None:
    assert all(path.is_file() for path, _ in tool.named_equivalent())


TWICE = "def least(a, b):\n    return a < 0 or b < 0\n"


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ({"change": "a < 0  ->  a <= 0"}, 1),
        ({"change": "0  ->  1", "nth": 1}, 2),
        ({"change": "0  ->  1", "nth": 2}, 4),
        ({"change": "0  ->  1"}, None),  # which of the two?
        ({"change": "0  ->  1", "nth": 3}, None),
        ({"change": "a < 0  ->  a <= 0", "nth": 1}, None),  # it is no longer one of several
        ({"change": "a < 1  ->  a <= 1"}, None),  # the source has moved on
        ({"change": "a < 0  ->  a <= 0", "reason": " "}, None),
    ],
)
def test_an_equivalent_change_is_found_by_what_its_line_says(
    tool: ModuleType, mutation: ModuleType, entry: dict[str, object], number: int | None
) -> None:
    named = tool.equivalent.Equivalent(**{"module": "x", "line": "return a < 0 or b < 0", "reason": "why"} | entry)
    changes = mutation.changes(TWICE)
    if number is None:
        with pytest.raises(ValueError, match=r"equivalent\.toml: x: 'return a < 0 or b < 0'"):
            named.number(changes)
    else:
        assert named.number(changes) == number


def test_an_equivalent_change_stands_there_once(tool: ModuleType, mutation: ModuleType) -> None:
    entry = tool.equivalent.Equivalent("x", "return a < 0 or b < 0", "a < 0  ->  a <= 0", "why")
    assert tool.equivalent.numbers([entry], lambda module: mutation.changes(TWICE)) == {"x": {1}}
    with pytest.raises(ValueError, match="stands there twice"):
        tool.equivalent.numbers([entry, entry], lambda module: mutation.changes(TWICE))


def reach_of(tool: ModuleType, lines: dict[int, set[str]], **seconds: float) -> object:
    """What was measured of `core/clip`, of tests "FILE::NAME" that are written `FILE__NAME`."""
    path = ROOT / "ahc_stream" / "core" / "clip.py"
    by_test = {f"tests/core/test_{name.replace('__', '.py::')}": took for name, took in seconds.items()}
    return tool.Reach(by_test, {path: lines})


def mutant_of(tool: ModuleType) -> object:
    return tool.of_file(ROOT / "ahc_stream" / "core" / "clip.py")[0]


def test_near_tests_that_reach_the_line_are_asked_first_and_then_quick_ones(tool: ModuleType) -> None:
    mutant = mutant_of(tool)
    line = mutant.change.lines[0]
    names = ["tests/core/test_clip.py::a", "tests/core/test_clip.py::b", "tests/core/test_slow.py::c"]
    names += ["tests/core/test_quick.py::d", "tests/core/test_clip.py::e"]
    reached = reach_of(tool, {line: set(names[:4])}, clip__a=2.0, clip__b=1.0, slow__c=3.0, quick__d=0.5, clip__e=0.1)
    a, b, c, d, e = names
    trials = list(tool.trials(mutant, reached))
    assert [trial.order for trial in trials] == [[b, a], [d, c], [e]]
    assert trials[1].files == ["tests/core/test_quick.py", "tests/core/test_slow.py"]
    assert {trial.mutant for trial in trials} == {mutant.name}


def test_of_a_line_that_only_an_import_runs_all_tests_of_its_module_are_asked(tool: ModuleType) -> None:
    mutant = mutant_of(tool)
    line = mutant.change.lines[0]
    lines = {line: {""}, line + 10: {"tests/core/test_unit.py::a"}}
    first, second = tool.trials(mutant, reach_of(tool, lines, unit__a=1.0, unit__b=0.1))
    assert (first.order, second.order) == (["tests/core/test_unit.py::a"], ["tests/core/test_unit.py::b"])


def test_a_line_that_no_test_runs_is_passed_without_a_trial(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "run", None)
    assert tool.verdict(mutant_of(tool), reach_of(tool, {}, clip__a=1.0)) == ("passed", "no test runs the line")


def test_what_a_test_sets_up_may_be_there_for_all_of_its_file(tool: ModuleType) -> None:
    by_file = {"tests/test_x.py": {"tests/test_x.py::a", "tests/test_x.py::b"}}
    tests = tool.reach._tests
    assert tests(["tests/test_x.py::a|setup"], by_file) == by_file["tests/test_x.py"]
    assert tests(["tests/test_x.py::a|run", ""], by_file) == {"tests/test_x.py::a", ""}


QUALITY = """
import os, pytest, signal, sys, time
from ahc_stream.core.quality import rate_text
from hypothesis import given, strategies

def test_below(): assert rate_text(999) == "999k"
def test_edge(): assert rate_text(1000) == "1M"
@given(strategies.integers())
def test_any(number): assert number < 100_000
@pytest.mark.timeout(1)
def test_slow(): time.sleep(1.2)
def test_hangs(): time.sleep(60)
def test_blinds(): sys.settrace(lambda *_: None)
def test_dies(): os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("tests", "change", "verdict", "culprit"),
    [
        (["edge", "below", "slow"], "", "passed", ""),
        (["below", "edge"], "kbits < _KBITS_PER_MBIT  ->  kbits <= _KBITS_PER_MBIT", "failed", "edge"),
        (["below"], "kbits < _KBITS_PER_MBIT  ->  kbits <= _KBITS_PER_MBIT", "passed", ""),
        (["any", "below"], "", "failed", "any"),
        (["below", "hangs"], "", "time limit", ""),
        (["blinds", "below"], "", "failed", "blinds"),
        (["dies"], "", "crashed", ""),
    ],
)
def test_a_trial_runs_the_chosen_tests_with_the_change(
    tool: ModuleType, tmp_path: Path, tests: list[str], change: str, verdict: str, culprit: str
) -> None:
    """The test named `any` fails with hypothesis' numbers, and leaves none behind."""
    file = tmp_path / "test_quality.py"
    file.write_text(QUALITY)
    mutants = tool.of_file(ROOT / "ahc_stream" / "core" / "quality.py")
    (mutant,) = [mutant.name for mutant in mutants if mutant.change.what == change] or [""]
    ids = [f"test_quality.py::test_{name}" for name in tests]
    options = ("-x", "-c", os.devnull, f"--rootdir={tmp_path}")
    sys.modules["trial"].processes.set_forkserver_preload([])  # the large libraries are not worth their seconds here
    trial = tool.Trial([str(file)], order=ids, mutant=mutant, options=options, environment=QUICK)
    outcome = tool.run(trial, 3 if "hangs" in tests else 60)
    assert outcome.verdict == verdict, outcome.output
    assert outcome.culprit == (culprit and f"test_quality.py::test_{culprit}")
    if verdict == "passed":
        assert list(outcome.seconds) == ids
    assert [path.name for path in tmp_path.iterdir() if path.name == ".hypothesis"] == []


def test_what_passes_is_named_and_the_share_that_is_caught(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tests that notice every second change, one that hangs, and a change that is called equivalent."""
    path = ROOT / "ahc_stream" / "core" / "clip.py"
    verdicts = {0: ("time limit", ""), 1: ("passed", "")}
    monkeypatch.setattr(sys, "argv", ["mutants.py", "core/clip", "--count", "1000", "--jobs", "2"])
    monkeypatch.setattr(tool, "named_equivalent", lambda: {(path, 3)})
    monkeypatch.setattr(tool.reach, "measure", lambda files, limit: {file: tool.Reach() for file in files})
    monkeypatch.setattr(tool, "verdict", lambda mutant, reached: verdicts.get(mutant.number, ("failed", "")))
    tool.main()
    passed, share = capsys.readouterr().out.splitlines()
    count = len(tool.of_file(path))
    assert passed.startswith("passed  ahc_stream/core/clip.py:") and "(ahc_stream.core.clip:1)" in passed
    assert share.startswith(f"core/clip: {count - 2} of {count - 1} caught")
    assert share.endswith("1 by the time limit; 1 equivalent ones left out")


def test_tests_that_fail_by_themselves_judge_nothing(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failed = sys.modules["trial"].Outcome("failed", "", {}, "assert 1 == 2")
    monkeypatch.setattr(tool.reach, "run", lambda trial, limit: failed)
    monkeypatch.setattr(tool.reach, "KEPT", tmp_path)
    with pytest.raises(SystemExit, match=r"(?s)assert 1 == 2.*The tests fail without any change"):
        tool.reach.measure(["tests/core/test_clip.py"], 60)


def test_files_of_tests_are_measured_once_and_again_when_they_change(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Three tests in two files, of which both reach a line of a module, and an import another line."""
    folder = tmp_path / "tests" / "x"
    folder.mkdir(parents=True)
    (folder / "test_a.py").write_text("a")
    (folder / "test_b.py").write_text("b")
    a, b, c = "tests/x/test_a.py::a", "tests/x/test_b.py::b", "tests/x/test_b.py::c"
    module = tmp_path / "x.py"
    asked = []

    def measured(files: list[str], limit: float) -> object:
        asked.append(files)
        seconds = {test: took for test, took in {a: 1.0, b: 2.0, c: 3.0}.items() if test.partition("::")[0] in files}
        return tool.Reach(seconds, {module: {4: {""}, 5: {a, c} & seconds.keys()}})

    monkeypatch.setattr(tool.reach, "ROOT", tmp_path)
    monkeypatch.setattr(tool.reach, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(tool.reach, "_measured", measured)
    files = ["tests/x/test_a.py", "tests/x/test_b.py"]
    for _ in range(2):
        reached = tool.reach.measure(files, 60)
        assert reached[files[0]] == tool.Reach({a: 1.0}, {module: {4: {""}, 5: {a}}})
        whole = tool.reach.of(reached.values())
        assert whole == tool.Reach({a: 1.0, b: 2.0, c: 3.0}, {module: {4: {""}, 5: {a, c}}})
    (folder / "test_b.py").write_text("b and c")
    assert tool.reach.measure(files, 60) == reached
    assert asked == [files, files[1:]]
