"""Which tests reach a line, and how long each of them takes: files of tests, run once with coverage.

What was measured is kept in build/mutants, for each file of tests, until the file, what tests share, or the package
changes.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from trial import ROOT, Trial, run

KEPT = ROOT / "build" / "mutants"

Lines = dict[int, set[str]]
"""Line of a module, from 1 -> ids of the tests that ran it; "" of an import, or of a process that a test started."""


@dataclass(frozen=True)
class Reach:
    """Of some tests: seconds of each, and the lines of each module that they ran."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[Path, Lines] = field(default_factory=dict)

    def reached(self, module: Path, lines: range) -> list[str]:
        """The tests that run one of the lines, the quickest first; of lines that only an import runs, the tests that
        run anything of the module."""
        ran = self.lines.get(module, {})
        tests = set().union(*(ran.get(line, set()) for line in lines))
        if tests == {""}:
            tests = set().union(*ran.values())
        return sorted(tests & self.seconds.keys(), key=lambda test: (self.seconds[test], test))

    def is_run(self, module: Path, lines: range) -> bool:
        """Whether any of the lines is run at all."""
        ran = self.lines.get(module, {})
        return any(line in ran for line in lines)

    def add(self, seconds: dict[str, float], lines: Iterable[tuple[Path, int, Iterable[str]]]) -> None:
        """More tests, and the lines that they ran: module, line, tests."""
        self.seconds.update(seconds)
        for module, line, tests in lines:
            self.lines.setdefault(module, {}).setdefault(line, set()).update(tests)


def of(reaches: Iterable[Reach]) -> Reach:
    """All of them in one."""
    whole = Reach()
    for reach in reaches:
        lines = ((module, line, tests) for module, by_line in reach.lines.items() for line, tests in by_line.items())
        whole.add(reach.seconds, lines)
    return whole


def measure(files: list[str], limit: float) -> dict[str, Reach]:
    """What the tests of each file reach. Exits where they fail without any change."""
    keys = {file: _key(file) for file in files}
    stale = [file for file in files if not (KEPT / keys[file]).is_file()]
    if stale:
        _keep(_measured(stale, limit), {file: keys[file] for file in stale})
    return {file: _kept(KEPT / key) for file, key in keys.items()}


def _kept(place: Path) -> Reach:
    seconds, lines = json.loads(place.read_text())
    reach = Reach()
    reach.add(seconds, ((Path(module), line, tests) for module, line, tests in lines))
    return reach


def _measured(files: list[str], limit: float) -> Reach:
    with tempfile.TemporaryDirectory() as place:
        data = Path(place, "coverage")
        options = ("-x", "--cov", "--cov-context=test", "--cov-report=")
        outcome = run(Trial(files, options=options, environment={"COVERAGE_FILE": str(data)}), limit)
        if not outcome.passed:
            sys.exit(f"{outcome.output}\nThe tests fail without any change ({outcome.verdict}): mend that first")
        return Reach(outcome.seconds, _lines(data, outcome.seconds))


def _lines(data: Path, tests: Iterable[str]) -> dict[Path, Lines]:
    from coverage import CoverageData

    measured = CoverageData(str(data))
    measured.read()
    by_file: dict[str, set[str]] = {}
    for test in tests:
        by_file.setdefault(_file(test), set()).add(test)
    lines: dict[Path, Lines] = {}
    for module in measured.measured_files():
        by_line = measured.contexts_by_lineno(module)
        lines[Path(module)] = {line: _tests(contexts, by_file) for line, contexts in by_line.items()}
    return lines


def _tests(contexts: list[str], by_file: dict[str, set[str]]) -> set[str]:
    """The tests of coverage's contexts, "ID|setup", "ID|run" and "ID|teardown". What one test sets up may be there for
    all of its file."""
    found = set()
    for context in contexts:
        test, _, phase = context.rpartition("|")
        found |= by_file.get(_file(test), {test}) if phase == "setup" else {test}
    return found


def _file(test: str) -> str:
    return test.partition("::")[0]


def _keep(reach: Reach, keys: dict[str, str]) -> None:
    """One file for each file of tests; what ran in no test is in all of them."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for file, key in keys.items():
        seconds = {test: took for test, took in reach.seconds.items() if _file(test) == file}
        lines = []
        for module, by_line in reach.lines.items():
            for line, tests in by_line.items():
                own = sorted(test for test in tests if _file(test) in ("", file))
                if own:
                    lines.append((str(module), line, own))
        (KEPT / key).write_text(json.dumps([seconds, lines]))


def _key(file: str) -> str:
    """The name under which its measurement is kept."""
    digest = hashlib.sha256(_shared())
    digest.update(file.encode() + (ROOT / file).read_bytes())
    return f"{Path(file).stem}-{digest.hexdigest()[:16]}.json"


@cache
def _shared() -> bytes:
    """A digest of the package, and of the modules of `tests` that hold no tests."""
    digest = hashlib.sha256(str(ROOT).encode())
    package = [path for folder in ("ahc_stream", "kernels") for path in (ROOT / folder).rglob("*.*p*")]
    helpers = [path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")]
    sources = [path for path in (*package, *helpers) if path.suffix in (".py", ".cpp", ".hpp")]
    for path in sorted(sources):
        digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.digest()
