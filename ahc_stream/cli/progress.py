"""Progress on stderr: a live line on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ahc_stream.cli.terminal import console as plain_console
from ahc_stream.core.file_names import readable
from ahc_stream.core.wording import counted
from ahc_stream.lanes import bottleneck

if TYPE_CHECKING:
    from ahc_stream.running import Run

EVERY_SECONDS = 10.0
"""Between two lines of a log."""
SECONDS_ALONE = 90
"""From here on minutes say enough."""


class Show(Protocol):
    """Called after each step with what to say, and the share of the work that is finished (None: it is not known)."""

    def __call__(self, text: str, share: float | None = None) -> None: ...


@contextmanager
def counting(title: str, unit: str = "frames") -> Iterator[Callable[[int], None]]:
    """Yields what is to be called with the number of frames (or what `unit` calls them) that are finished.

    title:  what is going on, for instance "h264@23 -> out.mp4".
    """
    title = readable(title)
    start = time.monotonic()
    with _display(plain_console(stderr=True)) as show:

        def count(frames: int) -> None:
            show(f"{title}: {frames} {unit}, {_rate(frames, time.monotonic() - start):.1f} {unit}/s")

        yield count


def frames_of(run: Run, console: Console) -> Iterator[int]:
    """Runs `run` to its end, showing progress on `console`; yields the number of frames measured so far."""
    start, frames = time.monotonic(), 0
    with _display(console) as show:
        for rows in run:
            frames += rows.frames
            seconds = time.monotonic() - start
            if run.facts:
                show(*_of_workers(run.facts, frames, seconds))
            else:
                share = run.share
                show(_ahead(share, seconds_left(run, share, seconds)) + summary(run, frames, seconds), share)
            yield frames


def _of_workers(facts: Mapping[str, Any], frames: int, seconds: float) -> tuple[str, float | None]:
    """What workers do, and the share that is finished, by the time that is left."""
    left = facts["seconds_left"]
    share = None if left is None else seconds / max(seconds + left, 1e-9)
    each = ", ".join(f"{one['frames_per_second']:.1f} ({one['bottleneck']})" for one in facts["workers"])
    rate = f"{counted(frames, 'frame')}, {_rate(frames, seconds):.1f} frames/s"
    pieces = counted(facts["pieces_left"], "piece")
    return f"{_ahead(share, left)}{rate}, {pieces} left, workers: {each}", share


def seconds_left(run: Run, share: float | None, seconds: float) -> float | None:
    """Of a run that has gone on for so many, and of whose work `share` is done; None where nobody knows it yet.

    The time that making models took is no measure of the rest: it is spent once.
    """
    if not share:
        return None
    setup = max(load.setup for load in run.loads.values())
    return max(seconds - setup, 0.0) * (1 - share) / share


def _ahead(share: float | None, left: float | None) -> str:
    """ "42 %, 3 min left: ", what one looks for first; empty where nobody knows it yet."""
    return f"{100 * share:.0f} %, {duration_text(left)} left: " if share and left is not None else ""


def duration_text(seconds: float) -> str:
    """ "40 s", "3 min", "2 h 05 min"."""
    if seconds < SECONDS_ALONE:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def summary(run: Run, frames: int, seconds: float) -> str:
    """Frames, rate, bottleneck, and the share of time that each stage was busy."""
    loads = run.loads
    busy = "  ".join(f"{name} {load.busy_share:.0%}" for name, load in loads.items())
    rate = _rate(frames, seconds)
    return f"{counted(frames, 'frame')}, {rate:.1f} frames/s, bottleneck {bottleneck(loads)} (busy: {busy})"


def _rate(count: int, seconds: float) -> float:
    return count / max(seconds, 1e-9)


def _display(console: Console) -> AbstractContextManager[Show]:
    return _live_line(console) if console.is_terminal else _log_lines(console)


@contextmanager
def _live_line(console: Console) -> Iterator[Show]:
    columns = (BarColumn(bar_width=12), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("opening", total=None)

        def show(text: str, share: float | None = None) -> None:
            progress.update(bar, description=text, completed=share or 0, total=1 if share else None)

        yield show


@contextmanager
def _log_lines(console: Console) -> Iterator[Show]:
    last_line = time.monotonic()

    def show(text: str, share: float | None = None) -> None:
        nonlocal last_line
        if time.monotonic() - last_line >= EVERY_SECONDS:
            console.print(text, highlight=False, soft_wrap=True)
            last_line = time.monotonic()

    yield show
