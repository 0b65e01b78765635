"""Seconds of works that take turns, and the refusal to time what is wrong."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import torch

Work = Callable[[], object]


class Disagreement(RuntimeError):
    """Two sides of a benchmark that do not compute the same: nothing is timed."""


def require(held: bool, claim: str) -> None:
    """No benchmark on a red test. Raises Disagreement where the correctness check `claim` failed."""
    if not held:
        raise Disagreement(f"not timed, because this does not hold: {claim}")


def median_seconds(
    works: Mapping[str, Work],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    in_a_row: int = 1,
) -> dict[str, float]:
    """Median time of each work. They run in turn, `rounds` times, so that all meet the same state of the machine; each
    turn is the mean of so many runs `in_a_row`, for what is done again and again with nothing in between.

    A first round warms up and is not counted. Work on a GPU must end with its own synchronisation (`finished`). For
    work in one thread that never waits, `time.process_time` is the clock that other programs on the same cores do not
    disturb.
    """
    samples: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            start = clock()
            for _ in range(in_a_row):
                work()
            samples[name].append((clock() - start) / in_a_row)
    return {name: statistics.median(seconds[1:]) for name, seconds in samples.items()}


def finished(device: torch.device, work: Work) -> Work:
    """The work, done when it returns."""
    if device.type != "cuda":
        return work

    def run() -> None:
        work()
        torch.cuda.synchronize(device)

    return run
