"""Judges the tests: draws small changes of the package's modules, and names those that the mirroring tests let pass.

    tools/mutants.py core line scorers --count 40 --seed 1

The tests that mirror `ahc_stream/runs/keys.py` are those of `tests/runs`. They run once with coverage, which says
what each test reaches and how long it takes. A change is then tried by the tests that reach its line, those of the
nearest file (`tests/runs/test_keys.py`) first and quick ones before slow ones, and then by all others of the folder.
Where no file is called after the module, those that import it are the nearest, few ones from other folders at need.
A test that fails, a process that dies and one that comes to no end have caught it. No file is touched: the process that
tests loads the module with the change. Changes that `tools/mutation/equivalent.toml` names are drawn, and left out. To
look at one by hand:

    MUTANT=ahc_stream.runs.keys:12 PYTHONPATH=tools/mutation/site python -m pytest tests/runs/test_keys.py
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ahc_stream"
sys.path.insert(0, str(ROOT / "tools" / "mutation"))
import equivalent  # noqa: E402 - found by the line above
import reach  # noqa: E402
from changes import Change, changes  # noqa: E402
from reach import Reach  # noqa: E402
from trial import Trial, run  # noqa: E402

GROUPS = {
    "scorers": (
        "tasks/scoring",
        "tasks/score_entry",
        "tasks/units",
        "tasks/changes",
        "tasks/*/score",
        "tasks/*/match",
        "tasks/detection/nms",
        "tasks/edges/curves",
    )
}
"""Units that are no folder: their modules, under `ahc_stream`."""

MOST_OTHERS = 3
"""Files of tests of other folders that are taken as a module's own."""

SLACK = 60.0
"""Seconds that a trial has beyond four times what its tests take without a change."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module: the one with that number."""

    path: Path
    number: int
    change: Change

    @property
    def module(self) -> str:
        """Its name, as it is imported."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    @property
    def name(self) -> str:
        """As `MUTANT` names it."""
        return f"{self.module}:{self.number}"

    @property
    def folder(self) -> str:
        """Of the tests that mirror the module."""
        folder = Path("tests", *self.path.relative_to(PACKAGE).parent.parts)
        while not (ROOT / folder).is_dir():
            folder = folder.parent
        return str(folder)

    @property
    def nearest(self) -> set[str]:
        """The files of tests that are called after the module; where there are none, those that import it."""
        stem = self.path.stem
        names = {f"{self.folder}/test_{stem}.py", f"{self.folder}/test_{self.path.parent.name}_{stem}.py"}
        found = {name for name in names if (ROOT / name).is_file()}
        return found or importers(self.module)

    @property
    def tests(self) -> list[str]:
        """The files of tests that mirror the module: those of its folder; of a module that none of them imports, also
        those of other folders that do, where they are few."""
        own = set(test_files(self.folder))
        is_strange = not self.nearest & own and len(self.nearest) <= MOST_OTHERS
        return sorted(own | self.nearest if is_strange else own)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.change.line}: {self.change.what}  ({self.name})"


def test_files(folder: str) -> list[str]:
    """The files of tests that lie in a folder, relative to the root."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("test_*.py"))


@cache
def importers(module: str) -> set[str]:
    """The files of tests that import a module by its name."""
    package, _, stem = module.rpartition(".")
    names = re.escape(module)
    imports = re.compile(
        rf"^\s*(from {names} import|import {names}\b|from {re.escape(package)} import .*\b{stem}\b)", re.M
    )
    files = (ROOT / "tests").rglob("test_*.py")
    return {str(path.relative_to(ROOT)) for path in files if imports.search(path.read_text())}


def drawn(unit: str, count: int, seed: int) -> list[Mutant]:
    """So many changes of a unit, each module's share by how much there is to change."""
    every = [mutant for path in files(unit) for mutant in of_file(path)]
    return random.Random(seed).sample(every, min(count, len(every)))


def files(unit: str) -> Iterator[Path]:
    """The modules of a group, or of a folder or file under `ahc_stream`. Exits where there are none."""
    for pattern in GROUPS.get(unit, (unit,)):
        folder = PACKAGE / pattern
        paths = sorted(folder.rglob("*.py") if folder.is_dir() else PACKAGE.glob(f"{pattern}.py"))
        if not paths:
            sys.exit(f"{pattern}: no folder and no module under {PACKAGE}")
        yield from paths


def of_file(path: Path) -> list[Mutant]:
    """All mutants of a file."""
    return [Mutant(path, number, change) for number, change in enumerate(changes(path.read_text()))]


def named_equivalent() -> set[tuple[Path, int]]:
    """File and number of the changes that no test can notice. Exits where an entry fits none any longer."""
    try:
        by_module = equivalent.numbers(equivalent.entries(), lambda module: changes(_file(module).read_text()))
    except ValueError as error:
        sys.exit(str(error))
    return {(_file(module), number) for module, numbers in by_module.items() for number in numbers}


def _file(module: str) -> Path:
    return PACKAGE / f"{module}.py"


def trials(mutant: Mutant, reached: Reach) -> Iterator[Trial]:
    """The tests that may notice it, in the order in which they are asked."""
    first = reached.reached(mutant.path, mutant.change.lines)
    near = [test for test in first if _file_of(test) in mutant.nearest]
    far = [test for test in first if _file_of(test) not in mutant.nearest]
    others = [test for test in reached.seconds if test not in set(first)]
    for tests in (near, far, others):
        if tests:
            yield Trial(_by_file(tests, reached.seconds), order=_in_files(tests, reached.seconds), mutant=mutant.name)


def _by_file(tests: Sequence[str], seconds: dict[str, float]) -> list[str]:
    """The files of these tests, the quickest first."""
    costs: Counter[str] = Counter()
    for test in tests:
        costs[_file_of(test)] += seconds[test]
    return sorted(costs, key=lambda file: costs[file])


def _in_files(tests: Sequence[str], seconds: dict[str, float]) -> list[str]:
    """The tests, file by file: a file's fixtures are made once."""
    ranks = {file: rank for rank, file in enumerate(_by_file(tests, seconds))}
    return sorted(tests, key=lambda test: (ranks[_file_of(test)], seconds[test]))


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def verdict(mutant: Mutant, reached: Reach) -> tuple[str, str]:
    """How it was caught, and by which test where that is known; "passed" where it was not."""
    if not reached.is_run(mutant.path, mutant.change.lines):
        return "passed", "no test runs the line"
    for trial in trials(mutant, reached):
        expected = sum(reached.seconds[test] for test in trial.order)
        outcome = run(trial, SLACK + 4 * expected)
        if not outcome.passed:
            return outcome.verdict, outcome.culprit
    return "passed", ""


def judge(unit: str, mutants: list[Mutant], reaches: dict[str, Reach], jobs: int, tell_all: bool) -> None:
    """Prints each mutant of a unit that passed, or all, and the share that was caught."""

    def timed(mutant: Mutant) -> tuple[str, str, float]:
        began = time.monotonic()
        how, culprit = verdict(mutant, reach.of(reaches[file] for file in mutant.tests))
        return how, culprit, time.monotonic() - began

    known = named_equivalent()
    judged = [mutant for mutant in mutants if (mutant.path, mutant.number) not in known]
    hows: Counter[str] = Counter()
    with ThreadPoolExecutor(jobs) as pool:
        for mutant, (how, culprit, seconds) in zip(judged, pool.map(timed, judged), strict=True):
            hows[how] += 1
            if how == "passed" or tell_all:
                print(f"{how}  {mutant}  {culprit}  {seconds:.0f} s", flush=True)
    caught = len(judged) - hows["passed"]
    share = caught / len(judged) if judged else 1.0
    print(
        f"{unit}: {caught} of {len(judged)} caught ({share:.0%}), {hows['time limit']} by the time limit; "
        f"{len(mutants) - len(judged)} equivalent ones left out",
        flush=True,
    )


def main() -> None:
    """Judges each unit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    groups = ", ".join(GROUPS)
    parser.add_argument("units", nargs="+", help=f"Folders or modules under ahc_stream, like core/clip, or {groups}.")
    parser.add_argument("--count", type=int, default=40, help="How many changes are drawn of each unit.")
    parser.add_argument("--seed", type=int, default=0, help="Which changes are drawn.")
    parser.add_argument("--jobs", type=int, default=1, help="How many changes are tried at a time.")
    parser.add_argument("--all", action="store_true", help="Name caught changes too, and the test.")
    parser.add_argument("--timeout", type=float, default=1200, help="Seconds for all tests as they are.")
    asked = parser.parse_args()
    draws = {unit: drawn(unit, asked.count, asked.seed) for unit in asked.units}
    reaches: dict[str, Reach] = {}
    for unit, mutants in draws.items():
        needed = {file for mutant in mutants for file in mutant.tests}
        reaches |= reach.measure(sorted(needed - reaches.keys()), asked.timeout)
        judge(unit, mutants, reaches, asked.jobs, asked.all)


if __name__ == "__main__":
    main()
