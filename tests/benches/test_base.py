"""A benchmark beside another commit: turns, ratios with their spread, and refusals that say why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.tools.loading import load_tool

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TAKES_TURNS = """
import sys
sys.path.insert(0, {benchmarks!r})
from turns import hand_over

hand_over()
for number in range({rounds}):
    with open({log!r}, "a") as file:
        file.write({name!r})
    hand_over()
"""
BENCHMARK = """
import json, pathlib, sys
from turns import hand_over

hand_over()
speed = float(pathlib.Path("speed").read_text())
row = {"name": "work", "unit": "ms", "ours": 10 / speed, "peer": 50.0, "peer_name": "other"}
rate = {"name": "more work", "unit": "frames/s", "ours": 10 * speed, "peer": None, "peer_name": ""}
print(json.dumps({"hardware": "a machine", "commit": "0" * 40, "rows": [row, rate], "words": sys.argv[1:]}))
"""


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return load_tool("../benchmarks/base")


@pytest.fixture
def repository(base: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, whose `make setup` links this Python, and whose tree is twice as fast by now."""
    root = tmp_path / "root"
    (root / "benchmarks").mkdir(parents=True)
    (root / "Makefile").write_text("setup:\n\tmkdir -p .venv/bin\n\tln -s $(PYTHON_HERE) .venv/bin/python\n")
    (root / "speed").write_text("1")
    (root / "benchmarks" / "work.py").write_text(BENCHMARK)
    (root / "benchmarks" / "turns.py").write_text((BENCHMARKS / "turns.py").read_text())
    git(root, "init", "--quiet")
    git(root, "add", "Makefile", "speed", "benchmarks")
    git(root, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "first")
    (root / "speed").write_text("2")
    monkeypatch.setenv("PYTHON_HERE", sys.executable)
    monkeypatch.setattr(base, "ROOT", root)
    monkeypatch.setattr(base, "BENCHMARKS", root / "benchmarks")
    monkeypatch.setattr(base, "TREES", root / "build" / "base")
    return root


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", root, *words], check=True)


def test_processes_take_turns_until_the_longer_one_has_ended(base: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    programs = [
        TAKES_TURNS.format(benchmarks=str(BENCHMARKS), rounds=rounds, log=str(log), name=name)
        for name, rounds in (("a", 3), ("b", 5))
    ]
    players = [
        base.started([sys.executable, "-c", program], tmp_path, {}, tmp_path / f"{number}.log")
        for number, program in enumerate(programs)
    ]

    assert base.play(players) == [0, 0]
    assert log.read_text() == "abababbb"


def test_a_process_that_no_parent_gave_turns_has_all_of_them(base: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = TAKES_TURNS.format(benchmarks=str(BENCHMARKS), rounds=3, log=str(log), name="a")

    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)

    assert log.read_text() == "aaa"


def test_a_tree_twice_as_fast_as_its_commit_is_said_to_be(
    base: ModuleType, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base.compare("work", "HEAD", 2, ["--only", "x"])

    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    said = {row["name"]: (row["ratio"], row["verdict"]) for row in record["rows"]}
    assert said["work, ms, other"] == said["more work, frames/s"] == (2, "faster")
    assert said["(peer other) work, ms, other"] == (1, "no difference shown")
    assert (record["benchmark"], record["repeat"]) == ("work", 2)


def test_a_commit_that_is_not_there_is_refused_by_its_name(base: ModuleType, repository: Path) -> None:
    with pytest.raises(base.Refused, match="'no-such-branch', which git does not know"):
        base.compare("work", "no-such-branch", 1, [])


def test_a_set_up_that_fails_is_refused_with_what_it_said(base: ModuleType, repository: Path) -> None:
    (repository / "Makefile").write_text("setup:\n\t@echo no compiler here; exit 3\n")
    git(repository, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-am", "second")

    with pytest.raises(base.Refused, match=r"(?s)make setup of .* ended with 2.*no compiler here"):
        base.compare("work", "HEAD", 1, [])


def test_a_package_that_the_benchmark_does_not_fit_is_refused(base: ModuleType, repository: Path) -> None:
    git(repository, "rm", "--quiet", "--cached", "speed")
    git(repository, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "second")

    with pytest.raises(base.Refused, match=r"(?s)ended with 1 on the package of .*No such file"):
        base.compare("work", "HEAD", 1, [])


def test_a_benchmark_without_a_record_is_refused(base: ModuleType, repository: Path) -> None:
    (repository / "benchmarks" / "work.py").write_text("print('done')\n")

    with pytest.raises(base.Refused, match="prints none to compare"):
        base.compare("work", "HEAD", 1, [])


def test_what_is_no_benchmark_is_refused(base: ModuleType, repository: Path) -> None:
    with pytest.raises(base.Refused, match="one of turns, work; got 'nothing'"):
        base.compare("nothing", "HEAD", 1, [])


@pytest.mark.parametrize(
    ("here", "verdict"),
    [
        ((1.0, 1.0), "faster"),
        ((3.0, 3.0), "slower"),
        ((1.0, 3.0), "no difference shown"),
        ((1.0,), "one repetition: no spread"),
    ],
)
def test_what_is_said_is_what_the_spread_allows(base: ModuleType, here: tuple[float, ...], verdict: str) -> None:
    row = base.Compared("work", "ms", here, (2.0,) * len(here), higher_is_better=False)

    assert row.verdict == verdict


def test_rows_that_only_one_side_has_are_refused(base: ModuleType) -> None:
    def record(name: str) -> dict[str, Any]:
        return {"rows": [{"name": name, "unit": "ms", "ours": 1.0, "peer": None, "peer_name": ""}]}

    with pytest.raises(base.Refused, match="the same rows of both"):
        base.compared([(record("a"), record("b"))])


def test_what_follows_two_dashes_is_the_benchmarks(base: ModuleType) -> None:
    assert base.split(["line", "--base", "main", "--", "--only", "stills"]) == (
        ["line", "--base", "main"],
        ["--only", "stills"],
    )
