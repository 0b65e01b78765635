"""What a run costs by measured rates: rows, bytes, core-seconds, requests and money, for three jobs of three sizes.

    python tools/cost_of_scale.py --core-hour 0.04 --workers 64

Rates of `JOBS` are those of docs/scale.md, which says how they were measured; `ahc-stream run ... --plan --json` has
those of any other job (seconds_per_row, row_bytes).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from ahc_stream.engines.pieces import MOST_COMMITS, PIECE_SECONDS


@dataclass(frozen=True)
class Job:
    """frames: of all items. points: operating points, the original among them. core_seconds, row_bytes: of a row, with
    its predictions. media_bytes: of a frame as it is read. tables: with rows, each a file of every piece."""

    name: str
    frames: float
    points: int
    core_seconds: float
    row_bytes: float
    media_bytes: float
    tables: int

    @property
    def rows(self) -> float:
        return self.frames * self.points


@dataclass(frozen=True)
class Prices:
    """In one currency. put: of one request that writes. month: of a gigabyte."""

    core_hour: float
    gpu_hour: float
    put: float
    month: float


SECONDS_OF_A_YEAR = 365 * 86400
JOBS = (
    Job("MOT17, 7 sequences, detection and tracking", 5316, 6, 0.116, 8800, 200e3, 3),
    Job("COCO val2017, detection", 5000, 6, 0.066, 6400, 160e3, 3),
    Job("10,000 cameras, a year at 1 frame/s", 10_000 * SECONDS_OF_A_YEAR, 2, 0.116, 8800, 60e3, 3),
)


def line(job: Job, prices: Prices, workers: int, gpu_seconds: float) -> str:
    """One job as a row of a table in Markdown."""
    core_seconds, gpu = job.rows * job.core_seconds, job.rows * gpu_seconds
    piece_seconds = max(PIECE_SECONDS, workers / MOST_COMMITS)
    pieces = max(1.0, core_seconds / piece_seconds)
    puts = pieces * (job.tables + 1)
    stored = job.rows * job.row_bytes
    money = core_seconds / 3600 * prices.core_hour + gpu / 3600 * prices.gpu_hour + puts * prices.put
    money += stored / 1e9 * prices.month
    cells = (
        job.name,
        f"{job.rows:.3g}",
        _bytes(stored),
        _bytes(job.frames * job.media_bytes),
        f"{core_seconds / 3600:.3g}",
        f"{gpu / 3600:.3g}",
        f"{puts:.3g}",
        f"{core_seconds / workers / 3600:.3g}",
        f"{money:.3g}",
    )
    return f"| {' | '.join(cells)} |"


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} PB"


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core-hour", type=float, default=0.04)
    parser.add_argument("--gpu-hour", type=float, default=3.0)
    parser.add_argument("--put", type=float, default=5e-6)
    parser.add_argument("--month", type=float, default=0.023, help="of a gigabyte that is kept")
    parser.add_argument("--gpu-seconds", type=float, default=0.0, help="of a row")
    parser.add_argument("--workers", type=int, default=64)
    asked = parser.parse_args(words)
    prices = Prices(asked.core_hour, asked.gpu_hour, asked.put, asked.month)
    hours = f"hours of {asked.workers} cores"
    print(f"| job | rows | tables | media read | core-hours | GPU-hours | writes | {hours} | money |")
    print("|---|---|---|---|---|---|---|---|---|")
    for job in JOBS:
        print(line(job, prices, asked.workers, asked.gpu_seconds))


if __name__ == "__main__":
    main()
