"""Progress of one file on stderr: a live line on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 10.0  # between two lines of a log


@contextmanager
def counting(what: str, unit: str = "frames") -> Iterator[Callable[[int], None]]:
    """Yields what is to be called with the number of frames (or what `unit` calls them) done so far."""
    from rich.console import Console

    console = Console(stderr=True)
    start = told = time.monotonic()

    def text(frames: int) -> str:
        return f"{what}: {frames} {unit}, {frames / max(time.monotonic() - start, 1e-9):.1f} {unit}/s"

    def line(frames: int) -> None:
        nonlocal told
        if time.monotonic() - told >= EVERY_SECONDS:
            told = time.monotonic()
            console.print(text(frames), highlight=False, soft_wrap=True)

    if not console.is_terminal:
        yield line
        return
    with console.status(f"{what}: opening") as status:
        yield lambda frames: status.update(text(frames))
