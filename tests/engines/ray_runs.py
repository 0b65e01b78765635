"""Runs on a local Ray whose processes are killed: a worker, the driver, the raylet.

python -m tests.engines.ray_runs OUT KILLS [SEED]    so many kills, drawn, and what they leave
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
NO_WORKERS = ("ray::IDLE", "ray::Dashboard", "ray::RuntimeEnv")
"""Titles of Ray's own processes, and of those that have no worker yet. A worker's is what it has in hand."""
PATIENCE = 240.0
"""Seconds after which a driver that has not ended is a failure of the test."""


def asked(data: Path, out: Path, codecs: Sequence[str] = CODECS, **options: object) -> Experiment:
    return experiment(data, out, codecs, flush_seconds=1.0, **options)


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
        words, name = " ".join(process.cmdline()), process.name()
    except psutil.Error:
        return False
    is_at_work = words.startswith("ray::") and not words.startswith(NO_WORKERS)
    return is_at_work if kind == "worker" else name == "raylet"


def end_one(processes: Iterable[psutil.Process], kind: str) -> bool:
    """SIGKILL to one of a kind, drawn; whether there was one."""
    targets = [each for each in processes if is_of_kind(each, kind)]
    try:
        random.choice(targets).kill()
    except (IndexError, psutil.NoSuchProcess):
        return False
    return True


def killed_run(data: Path, out: Path, workers: int, kinds: Sequence[str], pause: int) -> tuple[int, list[str]]:
    """A run in which a process of each kind is killed, each once so many more batches are committed than before, and
    then until the driver ends. (exit status, what was killed)."""
    process = driver(data, out, workers)
    below: dict[int, psutil.Process] = {}
    deadline, waiting, killed = time.monotonic() + PATIENCE, list(kinds), []
    next_at = _commits(out) + pause
    try:
        while process.poll() is None and time.monotonic() < deadline:
            below |= {each.pid: each for each in processes_below(process)}
            if waiting and _commits(out) >= next_at and _kill(process, waiting[0], list(below.values())):
                killed.append(waiting.pop(0))
                next_at = _commits(out) + pause
            time.sleep(0.05)
        assert process.poll() is not None, f"the driver hangs after kills of {killed}"
    finally:
        process.kill()
        left = _left(below.values())
        for each in left:
            each.kill()
    assert not left, f"after kills of {killed} there outlive {left}"
    return process.returncode, killed


def _commits(out: Path) -> int:
    return len(list(out.glob("commits/*.json")))


def _kill(process: subprocess.Popen[bytes], kind: str, below: Sequence[psutil.Process]) -> bool:
    if kind == "driver":
        process.send_signal(signal.SIGKILL)
        return True
    return end_one(below, kind)


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
    """Draws kills: starts of a run, one after another, each with up to three dead workers, and then a dead driver or a
    dead raylet, or none, in which case its tables are compared and another run begins."""
    draw = random.Random(seed)
    random.seed(seed)
    data = make_dataset(base / "data")
    finish(asked(data, base / "calm"))
    expected, done, number = tables_of(base / "calm"), Counter[str](), 0
    out = base / "run"
    while sum(done.values()) < count or out.exists():
        is_last = sum(done.values()) >= count
        last = [] if is_last else draw.choice(([], ["driver"], ["raylet"]))
        kinds = ["worker"] * draw.randint(0, 3) + last
        workers, pause = draw.randint(1, 3), draw.randint(0, 4)
        status, killed = killed_run(data, out, workers, kinds, pause)
        done.update(killed)
        number += 1
        say(f"start {number}: {workers} workers, kills {kinds} every {pause} commits: killed {killed}, status {status}")
        if (out / "manifest.json").exists():
            findings = runs.verify(out)
            assert all(finding.endswith("nothing names it") for finding in findings), findings
        if status == 0 and not (set(killed) & {"driver", "raylet"}):
            _finished(data, out, expected)
            say(f"the tables are those of one process; so far {dict(done)}")
            shutil.rmtree(out)
    return done


def _finished(data: Path, out: Path, expected: dict[str, pd.DataFrame]) -> None:
    """Three deaths at one piece, which draws may hit, are failures that one more start mends."""
    if "WorkerDied" in set(runs.open(out).failures["error"].to_pylist()):
        finish(asked(data, out))
    check(out, expected)


if __name__ == "__main__":
    if Path(sys.argv[1], "films").is_dir():
        finish(asked(Path(sys.argv[1]), Path(sys.argv[2]), engine="ray", workers=sys.argv[3]))
    else:
        print(kills(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
