"""One run of pytest in a process of its own, with the package as it is or with one change.

Processes are forked from one that has the large libraries loaded and nothing of the package, so that a trial costs what
its tests take and not what `import torch` does.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = (
    *("av", "coverage", "hypothesis", "numpy", "PIL.Image", "pyarrow.dataset", "pyarrow.parquet"),
    *("pytest", "scipy.stats", "torch"),
)
MEMORY = 16 << 30
"""Bytes that a process of tests may take, so that a change that asks for more harms no neighbour. Address space that is
only reserved does not count: a browser reserves more than any machine has."""

STEP = 0.5
"""Seconds of waiting at a time. They are counted and not read off a clock, which goes on while a machine is suspended
or a scheduler has stopped the processes."""

FEWER = {"AHC_STREAM_FUZZ_AHC": "100", "AHC_STREAM_FUZZ_RANS": "200", "PYTEST_ADDOPTS": ""}
"""Damaged files and strings by the thousand tell no value from another; a hundred or two make the judgement no milder.
A trial has its own options."""

processes = get_context("forkserver")
processes.set_forkserver_preload([*LIBRARIES])


@dataclass(frozen=True)
class Trial:
    """What to run.

    files:    of tests, relative to the root.
    order:    ids of the tests that run, in this order; empty: all, as they stand.
    mutant:   MODULE:NUMBER, or empty for the package as it is.
    options:  of pytest, beside these.
    environment:  variables of the process.
    """

    files: Sequence[str]
    order: Sequence[str] = ()
    mutant: str = ""
    options: Sequence[str] = ("-x",)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    verdict:  "passed", "failed", "crashed" or "time limit".
    culprit:  id of the first test, or path of the first file, that failed; empty where none is known.
    seconds:  of each test that ran, setup and teardown included.
    output:   what pytest printed.
    """

    verdict: str
    culprit: str
    seconds: dict[str, float]
    output: str

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"


class Watch:
    """A plugin of pytest: chooses and orders the tests, and keeps what they took and which failed first."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.seconds: dict[str, float] = {}
        self.culprit = ""
        self.trace = sys.gettrace()

    def pytest_configure(self, config: Any) -> None:
        config.addinivalue_line("markers", "timeout: of a plugin that is off, for a trial has a limit of its own")

    def pytest_runtest_setup(self) -> None:
        self.trace = sys.gettrace()

    def pytest_runtest_teardown(self, item: Any) -> None:
        """Fails a test that took away the trace by which coverage sees what runs: it would see none of those behind."""
        if sys.gettrace() is not self.trace:
            raise RuntimeError(f"{item.nodeid} leaves another sys.gettrace() behind")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.trial.order:
            ranks = {test: rank for rank, test in enumerate(self.trial.order)}
            items[:] = sorted((item for item in items if item.nodeid in ranks), key=lambda item: ranks[item.nodeid])

    def pytest_collectreport(self, report: Any) -> None:
        self._note(report)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        self._note(report)

    def _note(self, report: Any) -> None:
        if report.failed and not self.culprit:
            self.culprit = report.nodeid


def run(trial: Trial, limit: float) -> Outcome:
    """The outcome of a trial that is ended after so many seconds.

    Raises RuntimeError where the process failed before pytest could begin.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = processes.Process(target=_session, args=(trial, folder))
        process.start()
        waited = 0.0
        while process.is_alive() and waited < limit:
            process.join(STEP)
            waited += STEP
        hung = process.is_alive()
        _end(process)
        output = _text(Path(folder, "output"))
        result = _text(Path(folder, "result"))
    if hung:
        return Outcome("time limit", "", {}, output)
    if result:
        status, culprit, seconds = json.loads(result)
        no_failure = status in (0, 5)  # 5: no test was collected
        return Outcome("passed" if no_failure else "failed", culprit, seconds, output)
    if process.exitcode is not None and process.exitcode < 0:
        return Outcome("crashed", "", {}, output)
    raise RuntimeError(f"no tests were run:\n{output}")


def _end(process: BaseProcess) -> None:
    """The process and all that it started."""
    assert process.pid is not None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.join()


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _session(trial: Trial, folder: str) -> None:
    """The process: leaves `output` and, where pytest came to its end, `result` in the folder."""
    os.setsid()
    log = os.open(Path(folder, "output"), os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.RLIM_INFINITY))
    os.environ |= FEWER | trial.environment
    if trial.mutant:
        from mutated import install

        os.environ |= {"MUTANT": trial.mutant, "PYTHONPATH": str(ROOT / "tools" / "mutation" / "site")}
        install(trial.mutant)
    watch = Watch(trial)
    status = _pytest([*trial.options, *trial.files], watch, folder)
    Path(folder, "result").write_text(json.dumps([int(status), watch.culprit, watch.seconds]))
    sys.stdout.flush()
    os._exit(0)  # without waiting for threads that a change left behind


def _pytest(arguments: list[str], watch: Watch, folder: str) -> int:
    """Its exit status. Hypothesis shrinks nothing and keeps nothing: each trial knows what a fresh clone does. No test
    fails because the machine is busy: deadlines and pytest's timeout are off, for the trial has a limit of its own."""
    import hypothesis
    import pytest

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("trial", database=None, deadline=None, phases=phases)
    hypothesis.settings.load_profile("trial")
    fixed = ["-q", "-p", "no:cacheprovider", "-p", "no:timeout", "-o", "addopts=", f"--basetemp={folder}/tests"]
    return pytest.main([*fixed, *arguments], plugins=[watch])
