"""Workers of one core each against one another, on a CPU-bound job, and what Ray itself takes.

    python benchmarks/workers.py [--rounds 3]

Kodak through a learned codec of one thread. One process, one worker, two and four take turns; a round is one of each,
so that what else the machine does is the same for all. Seconds of work are from the first piece that is given to the
last that is committed; seconds of a run have the start of Ray and of its workers in them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from ahc_stream.engines.ray_engine import RayEngine
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run
from ahc_stream.runs import open as opened

CODECS = ("mbt2018-mean-lite@1,2,3",)


def experiment(out: Path, limit: int, **options: object) -> Experiment:
    settings = {"device": "cpu", "metrics": ("psnr", "ms_ssim", "vif"), "tasks": (), "threads": 1, "limit": limit}
    return Experiment("kodak", CODECS, out, **(settings | options))


def timed(asked: Experiment) -> dict[str, float]:
    """Seconds of the run, of the work in it, and of the driver for each commit; CPU seconds of all workers for that
    work, and before it, and of the driver. Where others use the machine, no wall time is to be trusted; CPU seconds say
    what two workers take more than one for the same rows."""
    marks: list[float] = []
    cpu: list[float] = []
    give, adopt = RayEngine._give_orders, RayEngine._done

    def given(self: RayEngine, crew: object) -> None:
        if not marks:
            cpu.append(cpu_of_workers())
        marks.append(time.monotonic())
        give(self, crew)

    commits: list[float] = []

    def done(self: RayEngine, *values: object) -> object:
        start = time.monotonic()
        results = list(adopt(self, *values))
        commits.append(time.monotonic() - start)
        marks.append(time.monotonic())
        cpu.append(cpu_of_workers())
        return iter(results)

    RayEngine._give_orders, RayEngine._done = given, done
    start, own = time.monotonic(), time.process_time()
    for _ in Run(asked):
        pass
    seconds, own = time.monotonic() - start, time.process_time() - own
    RayEngine._give_orders, RayEngine._done = give, adopt
    work = marks[-1] - marks[0] if marks else seconds
    of_workers = cpu[-1] - cpu[0] if cpu else own
    before = cpu[0] if cpu else 0.0
    commit = statistics.median(commits) if commits else 0.0
    facts = {"run": seconds, "work": work, "cpu": of_workers, "cpu_before": before, "cpu_driver": own, "commit": commit}
    return {name: round(value, 4) for name, value in facts.items()}


def cpu_of_workers() -> float:
    """CPU seconds so far of all processes of Ray's that are workers."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            words = process.cmdline()
            if words and words[0].startswith("ray::") and "Agent" not in words[0]:
                total += process.cpu_times().user + process.cpu_times().system
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    base = Path(tempfile.mkdtemp())
    for number in range(asked.rounds):
        row: dict[str, object] = {"load": os.getloadavg()[0]}
        row["process"] = timed(experiment(base / "line", asked.limit))
        for workers in asked.workers:
            out = base / str(workers)
            row[f"workers {workers}"] = timed(experiment(out, asked.limit, engine="ray", workers=str(workers)))
            assert opened(out).frames.num_rows == opened(base / "line").frames.num_rows
        shutil.rmtree(base)
        print(json.dumps({"round": number, **row}), flush=True)


if __name__ == "__main__":
    main()
