"""How glibc's malloc treats freed memory while frames stream: it keeps it for the next frame, and some is given back.

Left to itself, malloc returns every large block to the system as soon as it is free. The activations of a learned codec
are such blocks, 1.1 GB of them in a picture of 768 x 512, and faulting them in again, page by page, takes as long as
half of the convolutions. So a run keeps what it frees. A lane's own part of the heap (an arena) has no room for a block
above 64 MiB, whatever the thresholds; so lanes share the main one.

What is kept must not grow. Clips come and go between small objects that stay (rows, keys), which settle in the holes of
clips that have gone. Then the next clip does not fit, and the heap grows by a frame with every frame although none is
held: 1 GB in 4,000 frames of 320 x 240. The holes go back to the system when the process has grown, and not too often.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_SECONDS = 3.0
GROWTH_BYTES = 128 << 20

TRIM_THRESHOLD, MMAP_THRESHOLD, MOST_ARENAS = -1, -3, -8
"""The numbers that mallopt has for its parameters."""

KEEPING = {MMAP_THRESHOLD: 2**31 - 1, TRIM_THRESHOLD: 2**31 - 1, MOST_ARENAS: 1}
"""Every block from the heap, none of it returned, one heap for all threads that have none yet."""

USUAL = {MMAP_THRESHOLD: 32 << 20, TRIM_THRESHOLD: 64 << 20}
"""Where glibc's own rule ends in a process that has freed a large block. It does not forget a number of arenas."""

_STATM = Path("/proc/self/statm")
_users = 0
_lock = threading.Lock()


class Trimmer:
    """Gives free memory back to the system when the process has grown, and not too often; without glibc, never.

    Growth is what comes on top of the memory in use some seconds after the last time: that much, work needs.
    """

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if _STATM.exists() else None
        self._checked = time.monotonic()
        self._level: int | None = None

    def __call__(self) -> None:
        """To be called again and again, by one thread."""
        if self._trim is None or time.monotonic() - self._checked < EVERY_SECONDS:
            return
        self._checked, size = time.monotonic(), _resident()
        if self._level is None:
            self._level = size
        elif size > self._level + GROWTH_BYTES:
            self._trim(0)
            self._level = None


@contextmanager
def keeping_memory() -> Iterator[Trimmer]:
    """Within it, freed memory is kept for what comes next; the trimmer is to be called now and then.

    For the whole process, until the last of those within it has left. Threads that allocate for the first time within
    it share one heap from then on. Without glibc nothing is set.
    """
    global _users
    with _lock:
        _users += 1
        _set(KEEPING)
    try:
        yield Trimmer()
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _set(USUAL)
                _glibc("malloc_trim", 0)


def _set(parameters: dict[int, int]) -> None:
    for parameter, value in parameters.items():
        _glibc("mallopt", parameter, value)


def _glibc(function: str, *arguments: int) -> None:
    """Calls a function that glibc alone has."""
    call = getattr(ctypes.CDLL(None), function, None)
    if call is not None:
        call(*arguments)


def _resident() -> int:
    """Bytes of the process in memory."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
