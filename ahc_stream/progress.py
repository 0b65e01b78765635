"""How a run tells what it is doing: a live line on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ahc_stream.lanes import bottleneck
from ahc_stream.running import Run

EVERY_SECONDS = 10.0  # between two lines of a log


class Show(Protocol):
    """Called after each step with what to say and the share of the run that is done (None: not known yet)."""

    def __call__(self, text: str, share: float | None) -> None: ...


def frames_done(run: Run, console: Console) -> Iterator[int]:
    """Runs `run` to its end, showing progress on `console`; yields the number of frames measured so far."""
    start, frames = time.monotonic(), 0
    with (_live if console.is_terminal else _lines)(console) as show:
        for steps, rows in enumerate(run, start=1):
            frames += rows.frames
            seconds, share = time.monotonic() - start, _share(run, steps)
            left = f", {seconds / share - seconds:.0f} s left" if share else ""
            show(summary(run, frames, seconds) + left, share)
            yield frames


def summary(run: Run, frames: int, seconds: float) -> str:
    """Frames, rate, bottleneck, and the share of time that each stage was busy."""
    loads = run.loads
    busy = "  ".join(f"{name} {load.busy_share:.0%}" for name, load in loads.items())
    return f"{frames} frames, {frames / max(seconds, 1e-9):.1f} frames/s, bottleneck {bottleneck(loads)} (busy: {busy})"


def _share(run: Run, steps: int) -> float | None:
    """`steps` over all there will be, extrapolated from what the items opened so far gave the codecs to do."""
    loads = run.loads
    opened, work = loads["open"].items, loads["codec"].items
    expected = work / opened * len(run.plan.dataset.items) if opened else 0
    return steps / max(expected, steps) if expected else None


@contextmanager
def _live(console: Console) -> Iterator[Show]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("opening", total=None)
        yield lambda text, share: progress.update(
            bar, description=text, completed=share or 0, total=1 if share else None
        )


@contextmanager
def _lines(console: Console) -> Iterator[Show]:
    told = time.monotonic()

    def show(text: str, share: float | None) -> None:
        nonlocal told
        if time.monotonic() - told >= EVERY_SECONDS:
            console.print(text, highlight=False, soft_wrap=True)
            told = time.monotonic()

    yield show
