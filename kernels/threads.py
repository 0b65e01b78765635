"""Spreads the tasks of a loop over threads, and lends each thread memory that it keeps."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import torch

from .arrays import Float32Array

_CHUNKS_PER_THREAD = 4  # small enough that a thread which another process holds up does not hold up the rest
_memory = threading.local()


def spread(work: Callable[[int, int], None], tasks: int, least: int = 1) -> None:
    """Calls `work(start, stop)` until the range 0..tasks is covered, on as many threads as torch uses.

    least: tasks that are worth a thread of their own. Which thread does which task is left to chance, so a task
    writes nothing that another one reads or writes.
    """
    threads = max(1, min(torch.get_num_threads(), tasks // least))
    if threads == 1:
        work(0, tasks)
        return
    chunks = min(tasks, threads * _CHUNKS_PER_THREAD)
    tickets = itertools.count()  # next() is atomic under the GIL

    def drain() -> None:
        while (ticket := next(tickets)) < chunks:
            work(tasks * ticket // chunks, tasks * (ticket + 1) // chunks)

    others = [_pool().submit(drain) for _ in range(threads - 1)]
    try:
        drain()
    finally:
        for other in others:  # the arrays stay in use until every thread is done
            other.result()


def thread_memory(role: str, floats: int) -> Float32Array:
    """float32 [floats], uninitialised: memory of the calling thread that its next call with this role gets again."""
    buffer: Float32Array | None = getattr(_memory, role, None)
    if buffer is None or len(buffer) < floats:
        buffer = np.empty(floats, np.float32)
        setattr(_memory, role, buffer)
    return buffer[:floats]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), thread_name_prefix="ahc-metrics")


os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork: the child starts its own
