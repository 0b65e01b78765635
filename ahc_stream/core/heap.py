"""What glibc's malloc keeps of freed memory, given back now and then.

Clips come and go between small objects that stay (rows, keys), which settle in the holes of clips that have gone. Then
the next clip does not fit, and the heap grows by a frame with every frame although none is held: 1 GB in 4,000 frames
of 320 x 240. Mapping every large block by itself (M_MMAP_THRESHOLD of 1 MiB) keeps it flat too, but costs learned
codecs, whose activations are then faulted in again and again, a factor of 1.4 to 2.5.
"""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

EVERY_SECONDS = 3.0
GROWTH_BYTES = 128 << 20
_STATM = Path("/proc/self/statm")


class Trimmer:
    """Gives free memory back to the system when the process has grown, and not too often; without glibc, never."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if _STATM.exists() else None
        self._checked, self._level = time.monotonic(), self._resident()

    def __call__(self) -> None:
        """To be called again and again, by one thread."""
        if self._trim is None or time.monotonic() - self._checked < EVERY_SECONDS:
            return
        self._checked = time.monotonic()
        if self._resident() > self._level + GROWTH_BYTES:
            self._trim(0)
            self._level = self._resident()

    def _resident(self) -> int:
        """Bytes of the process in memory."""
        if self._trim is None:
            return 0
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
