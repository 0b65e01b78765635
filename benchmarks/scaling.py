"""How a run of stills grows with processors: measured on those of this machine, and simulated on sixteen.

Measured: Kodak's pictures (or drawn ones) through JPEG and four metrics, a whole run with one thread and with
all processors.

Simulated: the same stages, lanes, channels and pool of helpers, with every piece of work that holds no GIL replaced by
a sleep of its length, of which so many go on at once as there are processors to simulate. What holds the GIL is spent
for real. The lengths are measured with one thread in the same process. It shows what the structure allows, and not what
memory bandwidth or a processor's clock under load take away.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from harness import Row, median_seconds, report
from line_stills import METRICS, PICTURES, QUALITY, pictures, run_of

from ahc_stream.core import threads
from ahc_stream.core.spans import recorded
from ahc_stream.lanes import Line, Stage
from ahc_stream.line.lane_counts import lane_counts

PROCESSORS = 16
GOAL = 10.0
IMAGES = 512
CLIP = 16
GIL_SECONDS = 0.0001
"""Python's own share of a picture in each stage: of 32 x 32 pixels, the three together take 0.2 ms."""


@dataclass(frozen=True)
class Lengths:
    """Seconds of work without the GIL that a picture takes in each stage, on one thread."""

    read: float
    coded: float
    measured: float


def lengths(folder: Path, out: Path) -> Lengths:
    """Of one run with one thread."""
    with threads.limited(1), recorded() as timeline:
        run_of(folder, out)
    seconds = {(total.kind, total.name): total.seconds / PICTURES for total in timeline.totals()}
    return Lengths(*(seconds["stage", name] for name in ("open", "codec", "measure")))


def simulated(work: Lengths, processors: int) -> float:
    """Seconds that IMAGES pictures take on so many processors."""
    counts = lane_counts(torch.device("cpu"), processors, has_networks=False)

    free = threading.Semaphore(processors)

    def work_for(seconds: float) -> None:
        with free:
            time.sleep(seconds)

    def stage(name: str, seconds: float, lanes: int) -> Stage:
        def step(pictures: list[int]) -> Iterator[list[int]]:
            threads.spread(lambda _: work_for(seconds), pictures)
            spend(GIL_SECONDS * len(pictures))
            yield pictures

        return Stage(name, lambda: step, lanes)

    stages = [
        stage("open", work.read, counts.open),
        stage("codec", work.coded, counts.codec),
        stage("measure", work.measured, counts.measure),
    ]
    start = time.perf_counter()
    clips = [list(range(first, first + CLIP)) for first in range(0, IMAGES, CLIP)]
    with threads.limited(processors):
        for _ in Line(clips, stages):
            pass
    return time.perf_counter() - start


def spend(seconds: float) -> None:
    """Holds the GIL."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def main() -> None:
    own = threads.processors()
    with tempfile.TemporaryDirectory() as scratch:
        folder, origin = pictures(Path(scratch))
        out = Path(scratch) / "out"

        def run_with(count: int) -> None:
            with threads.limited(count):
                run_of(folder, out)

        seconds = median_seconds({"one": lambda: run_with(1), "all": lambda: run_with(own)}, rounds=3)
        work = lengths(folder, out)
    one, many = simulated(work, 1), simulated(work, PROCESSORS)
    name = f"jpeg@{QUALITY}, {len(METRICS)} metrics, {origin}"
    per_picture = [1e3 * value / PICTURES for value in (seconds["all"], seconds["one"])]
    rows = [
        Row(f"{name}: {own} processors", "ms a picture", *per_picture, "1 processor"),
        Row(
            f"{name}: {PROCESSORS} processors, simulated",
            "ms a picture",
            1e3 * many / IMAGES,
            1e3 * one / IMAGES,
            "1 processor, simulated",
            GOAL,
        ),
    ]
    report("scaling", rows)


if __name__ == "__main__":
    main()
