"""The team of threads that OpenMP keeps for each thread that has computed in parallel, and how it is given up.

Threads of a team meet at a barrier behind each loop of torch, hundreds of times in a network. GNU's runtime lets them
spin there for some milliseconds, but only while all teams of the process together have no more threads than there are
processors; otherwise each goes to sleep at once and has to be woken. Idle teams count: one sum in the main thread, and
a network in a lane takes up to twice as long. So whoever has nothing to do gives its team up; the next loop makes
another, which takes some 0.05 ms.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

_SOFT = 1  # omp_pause_soft: settings, such as the number of threads, stay


def give_up_team() -> None:
    """Ends the threads that OpenMP keeps for the calling thread; not to be called from within a parallel loop.

    Where torch brings another runtime than GNU's, which counts no idle teams, nothing happens.
    """
    pause = _pause()
    if pause is not None:
        pause(_SOFT)


@cache
def _pause() -> Callable[[int], int] | None:
    """OpenMP's own function for it, of the runtime that torch has loaded; None where that is not GNU's."""
    if sys.platform != "linux":
        return None
    import torch  # noqa: F401  loads the runtime, whose names are then the process's

    process = ctypes.CDLL(None)
    is_llvm = hasattr(process, "__kmpc_fork_call")
    return None if is_llvm else getattr(process, "omp_pause_resource_all", None)
