"""Runs on a local Ray whose processes are killed: a worker, the driver, the raylet.

python -m tests.engines.ray_runs OUT KILLS [SEED]    so many kills, drawn, and what they leave compared with one process
python -m tests.engines.ray_runs DATA OUT WORKERS    the driver of one run
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd
import psutil

from ahc_stream import runs
from ahc_stream.experiment import Experiment
from tests.whole_runs import experiment, finish, make_dataset, tables_of

CODECS = ("h264@30:gop=8", "ssf2020-lite@1:gop=3", "jpeg@40")
KINDS = ("worker", "driver", "raylet")
PATIENCE = 240.0
"""Seconds after which a driver that has not ended is a failure of the test."""


def asked(data: Path, out: Path, **options: object) -> Experiment:
    return experiment(data, out, CODECS, flush_seconds=1.0, **options)


def driver(data: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """A run with so many workers, in a process of its own that is the parent of its Ray."""
    command = [sys.executable, "-m", "tests.engines.ray_runs", str(data), str(out), str(workers)]
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path.cwd(), env=environment
    )


def processes_below(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def is_of_kind(process: psutil.Process, kind: str) -> bool:
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return words.startswith("ray::Worker") if kind == "worker" else process.name() == "raylet"


def killed_run(data: Path, out: Path, workers: int, kind: str, commits: int) -> tuple[int, bool]:
    """A run in which a process is killed once so many batches are committed. (exit status, whether it was killed)."""
    process = driver(data, out, workers)
    below: dict[int, psutil.Process] = {}
    deadline, is_killed = time.monotonic() + PATIENCE, False
    try:
        while process.poll() is None and time.monotonic() < deadline:
            below |= {each.pid: each for each in processes_below(process)}
            if not is_killed and len(list(out.glob("commits/*.json"))) >= commits:
                is_killed = _kill(process, kind, list(below.values()))
            time.sleep(0.05)
        assert process.poll() is not None, f"the driver hangs after a kill of {kind}"
    finally:
        process.kill()
        left = _left(below.values())
        for each in left:
            each.kill()
    assert not left, f"after a kill of {kind} there outlive {left}"
    return process.returncode, is_killed


def _kill(process: subprocess.Popen[bytes], kind: str, below: Sequence[psutil.Process]) -> bool:
    if kind == "driver":
        process.send_signal(signal.SIGKILL)
        return True
    targets = [each for each in below if is_of_kind(each, kind)]
    if targets:
        random.choice(targets).kill()
    return bool(targets)


def _left(processes: Iterable[psutil.Process], seconds: float = 90.0) -> list[psutil.Process]:
    """Those that run on for longer than that. Ray's agents take half a minute to see that their raylet is gone."""
    deadline, alive = time.monotonic() + seconds, list(processes)
    while alive and time.monotonic() < deadline:
        alive = [each for each in alive if _is_alive(each)]
        time.sleep(0.2)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    """What has ended may stay as a zombie where nobody asks after it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def check(out: Path, expected: dict[str, pd.DataFrame]) -> None:
    """The same tables, and a folder in which nothing is lost or doubled."""
    tables = tables_of(out)
    for name, rows in expected.items():
        pd.testing.assert_frame_equal(tables[name], rows, check_exact=True, obj=name)
    assert runs.verify(out) == []


def kills(base: Path, count: int, seed: int, say: Callable[[str], None] = print) -> Counter[str]:
    """Draws kills, in runs of one to three of them, each of which is then brought to its end."""
    draw = random.Random(seed)
    random.seed(seed)
    data = make_dataset(base / "data")
    finish(asked(data, base / "calm"))
    expected, done, number = tables_of(base / "calm"), Counter[str](), 0
    while sum(done.values()) < count:
        out, number = base / f"run{number}", number + 1
        for _ in range(draw.randint(1, 3)):
            kind, workers, commits = draw.choice(KINDS), draw.randint(1, 4), draw.randint(0, 12)
            already = len(list(out.glob("commits/*.json")))
            status, is_killed = killed_run(data, out, workers, kind, already + commits)
            done[kind if is_killed else "too late"] += 1
            say(f"run {number}: {workers} workers, {kind} after {commits} commits: status {status}, killed {is_killed}")
        if (out / "manifest.json").exists():
            assert set(runs.verify(out)) <= set(_orphans(out)), runs.verify(out)
        workers = draw.randint(1, 4)
        process = driver(data, out, workers)
        assert process.wait(PATIENCE) == 0
        check(out, expected)
        shutil.rmtree(out)
        say(f"run {number}: {workers} workers to the end: the tables are those of one process; so far {dict(done)}")
    return done


def _orphans(out: Path) -> list[str]:
    """What a kill may leave: files that nothing names."""
    return [finding for finding in runs.verify(out) if finding.endswith("nothing names it")]


if __name__ == "__main__":
    if Path(sys.argv[1], "films").is_dir():
        finish(asked(Path(sys.argv[1]), Path(sys.argv[2]), engine="ray", workers=sys.argv[3]))
    else:
        print(kills(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
