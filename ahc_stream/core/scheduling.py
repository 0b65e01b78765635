"""Threads of the ordinary priority, whatever a library makes of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def ordinary_priority() -> Iterator[None]:
    """What is opened within gives no thread of this process a real-time priority for longer than that.

    SVT-AV1, where it may (as root, so in most containers), makes its own threads and the one that opens it SCHED_FIFO
    of the highest priority, for good. Every other program on the machine then waits for this process: two lanes of a
    run left 2 % of two processors to ten others. Linux alone has such threads to look after here.
    """
    before = _real_time_threads()
    try:
        yield
    finally:
        for thread in _real_time_threads() - before:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _real_time_threads() -> set[int]:
    """Threads of this process that run before all others."""
    if not _THREADS.is_dir():
        return set()
    return {thread for thread in (int(path.name) for path in _THREADS.iterdir()) if _is_real_time(thread)}


def _is_real_time(thread: int) -> bool:
    try:
        return os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK in (os.SCHED_FIFO, os.SCHED_RR)
    except ProcessLookupError:  # it has ended meanwhile
        return False
