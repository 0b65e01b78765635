"""A run on a cluster as discrete events: how long it takes with failures and stragglers, and what breaks first.

    python tools/simulate_cluster.py --rows 31536000 --row-seconds 0.08 --workers 1 8 64 1000

The cutter is the engine's own (`ahc_stream.engines.pieces`); around it are workers that start, work, die and are
replaced, and one driver that commits piece after piece. docs/scale.md has what it says, and how it was checked.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ahc_stream.core.point import OperatingPoint
from ahc_stream.engines.pieces import Cutter, Piece


@dataclass(frozen=True)
class Job:
    """What is to be done. frames: of each item. points: of each frame. row_seconds: of one worker, per row."""

    items: int
    frames: int
    points: int
    row_seconds: float


@dataclass(frozen=True)
class Cluster:
    """Seconds, and shares of workers.

    start:         of a worker, until it takes its first piece.
    piece:         of a piece beside its rows: the line fills and drains, parts are written.
    commit:        of the driver, for each piece.
    begin:         of Ray and of the run, once.
    slow, factor:  the share of workers that are slower, and by how much.
    failures:      of one worker, per hour.
    """

    workers: int
    start: float = 6.0
    piece: float = 0.5
    commit: float = 0.005
    begin: float = 5.0
    slow: float = 0.02
    factor: float = 3.0
    failures: float = 0.01


@dataclass
class Result:
    """seconds: until the last commit. ideal: of all rows on that many workers, and nothing else. lost: seconds of work
    that died. driver_share: of the time that the driver was busy with commits. files: of parts and commits."""

    workers: int
    seconds: float
    ideal: float
    pieces: int
    deaths: int
    lost: float
    driver_share: float
    files: int

    @property
    def efficiency(self) -> float:
        return self.ideal / self.seconds if self.seconds else 1.0


def simulate(job: Job, cluster: Cluster, tables: int = 3, seed: int = 0) -> Result:
    """One run.

    tables:  parts of a piece; with its commit it has one file more.
    """
    draw = random.Random(seed)
    points = tuple(OperatingPoint("codec", float(quality)) for quality in range(job.points))
    cutter = Cutter([Piece((str(item),), points, job.frames) for item in range(job.items)])
    slowness = [cluster.factor if draw.random() < cluster.slow else 1.0 for _ in range(cluster.workers)]
    events: list[tuple[float, int, Piece | None, bool, float]] = []
    for worker in range(cluster.workers):
        heapq.heappush(events, (cluster.begin + cluster.start, worker, None, False, 0.0))
    driver_free, driver_busy, end = 0.0, 0.0, cluster.begin
    pieces = deaths = 0
    lost = 0.0
    idle: list[int] = []
    while events:
        now, worker, piece, is_dead, seconds = heapq.heappop(events)
        ready = now
        if is_dead and piece is not None:
            deaths, lost, ready = deaths + 1, lost + seconds, now + cluster.start
            cutter.put_back(piece)
            slowness[worker] = cluster.factor if draw.random() < cluster.slow else 1.0
        elif piece is not None:
            driver_free = max(now, driver_free) + cluster.commit
            driver_busy += cluster.commit
            end, ready = max(end, driver_free), driver_free
            pieces += 1
            cutter.learn(piece.rows, seconds)
        idle.append(worker)
        while idle and not cutter.is_empty:
            taken, free = cutter.take(cluster.workers), idle.pop()
            work = cluster.piece + taken.rows * job.row_seconds * slowness[free]
            life = draw.expovariate(cluster.failures / 3600) if cluster.failures else float("inf")
            heapq.heappush(events, (ready + min(work, life), free, taken, life < work, min(work, life)))
    ideal = job.items * job.frames * job.points * job.row_seconds / cluster.workers
    share = driver_busy / max(end - cluster.begin, 1e-9)
    return Result(cluster.workers, end, ideal, pieces, deaths, lost, share, pieces * (tables + 1))


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=1, help="of each item")
    parser.add_argument("--points", type=int, default=7)
    parser.add_argument("--row-seconds", type=float, default=0.08)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 8, 64, 1000])
    parser.add_argument("--failures", type=float, default=0.01, help="of one worker, per hour")
    parser.add_argument("--slow", type=float, default=0.02, help="share of workers that are three times slower")
    parser.add_argument("--start", type=float, default=6.0, help="seconds until a worker takes its first piece")
    parser.add_argument("--piece", type=float, default=0.5, help="seconds of a piece beside its rows")
    parser.add_argument("--commit", type=float, default=0.005, help="seconds of the driver for a piece")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    job = Job(asked.items, asked.frames, asked.points, asked.row_seconds)
    for workers in asked.workers:
        cluster = Cluster(workers, asked.start, asked.piece, asked.commit, slow=asked.slow, failures=asked.failures)
        result = simulate(job, cluster, seed=asked.seed)
        print(json.dumps(asdict(result) | {"efficiency": round(result.efficiency, 3)}))


if __name__ == "__main__":
    main()
