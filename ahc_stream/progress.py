"""How a run tells what it is doing: a live line on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ahc_stream.experiment import Run
from ahc_stream.lanes import bottleneck

EVERY_SECONDS = 10.0  # between two lines of a log


def frames_done(run: Run, console: Console) -> Iterator[int]:
    """Runs `run` to its end, showing progress on `console`; yields the number of frames measured so far."""
    show = _live if console.is_terminal else _lines
    yield from show(run, console)


def summary(run: Run, frames: int, seconds: float) -> str:
    """Frames, rate, bottleneck, the share of time each stage was busy, and what is left."""
    loads = run.loads
    busy = "  ".join(f"{name} {load.busy_share:.0%}" for name, load in loads.items())
    return f"{frames} frames, {frames / max(seconds, 1e-9):.1f} frames/s, bottleneck {bottleneck(loads)} (busy: {busy})"


def _expected(run: Run) -> float | None:
    """Trials in all, extrapolated from the clips of the items opened so far."""
    loads = run.loads
    opened, clips = loads["open"].items, loads["trial"].items
    return clips / opened * len(run.plan.dataset.items) * len(run.plan.points) if opened and clips else None


def _live(run: Run, console: Console) -> Iterator[int]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    start, frames = time.monotonic(), 0
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("opening", total=None)
        for trials, rows in enumerate(run, start=1):
            frames += rows.frames
            seconds = time.monotonic() - start
            expected = _expected(run) or trials
            left = seconds / trials * max(expected - trials, 0)
            text = f"{summary(run, frames, seconds)}, {left:.0f} s left"
            progress.update(bar, completed=trials, total=max(expected, trials), description=text)
            yield frames


def _lines(run: Run, console: Console) -> Iterator[int]:
    start, frames, told = time.monotonic(), 0, time.monotonic()
    for rows in run:
        frames += rows.frames
        now = time.monotonic()
        if now - told >= EVERY_SECONDS:
            console.print(summary(run, frames, now - start), highlight=False, soft_wrap=True)
            told = now
        yield frames
