"""The threads of this process: one budget, and one pool that lends helpers to whoever has work in equal pieces.

Each lane is a thread of its own. What it spreads further (image files, stills, tiles of a metric, matrix products of
torch, strings of the range coder) takes as many threads as the budget has, whoever asks. Only encoders in FFmpeg are
apart: their number of threads belongs to the operating point, because bytes may depend on it.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from ahc_stream.core.errors import InvalidValue
from ahc_stream.kernels.processors import processors as affinity

T = TypeVar("T")
R = TypeVar("R")

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_PIXELS_OF_A_THREAD = 1 << 16  # a JPEG of so many takes a third of a millisecond
_limit: int | None = None


def processors(quota: Path = _QUOTA) -> int:
    """How many processors this process may use: those that it may run on, or fewer where a container has a quota.

    quota:  the control group's `cpu.max`: microseconds, or "max", of each period of so many microseconds.
    """
    own = affinity()
    try:
        share, period = quota.read_text().split()
        return own if share == "max" else max(1, min(own, math.ceil(int(share) / int(period))))
    except (OSError, ValueError):  # no control groups here, or of another kind
        return own


def budget() -> int:
    """How many threads work that can be spread takes: one within work that is done aside."""
    return 1 if getattr(_thread, "is_aside", False) else _limit or processors()


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Within it, the budget of the whole process, torch's threads with it; 0 leaves both as they are.

    Raises InvalidValue for less than that.
    """
    if threads < 0:
        raise InvalidValue("a number of threads, or 0 for all processors", str(threads), "change threads")
    if not threads:
        yield
        return
    global _limit
    before, _limit = _limit, threads
    try:
        with torch_threads(threads):
            yield
    finally:
        _limit = before


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Within it, torch computes on so many threads for the thread that called, and afterwards on as many as before,
    whatever has set them meanwhile (ultralytics does).

    OpenMP keeps the number per thread, so other lanes keep theirs. MKL, which convolutions do not call, may for that
    long use as many in all of them.
    """
    import torch

    before = torch.get_num_threads()
    if count != before:  # where it is the same, as nearly always, MKL's is left alone
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def spread(work: Callable[[T], R], things: Sequence[T], least: int = 1) -> list[R]:
    """`work` of each thing, in order, on as many threads as the budget has; the calling thread is one of them.

    least:  things that are worth another thread. Waking one takes some 0.05 ms, and more where others wait for a core.

    Helpers that are busy elsewhere are not waited for, so work that is spread may spread its own. What belongs to a
    thread (torch's inference mode, its CUDA stream) does not come along, so work is of NumPy and of libraries. Raises
    the error of the first thing that has one; what comes after it may not have been begun.
    """
    results: dict[int, R] = {}
    errors: dict[int, BaseException] = {}
    tickets = itertools.count()  # next() is atomic under the GIL

    def drain() -> None:
        while not errors and (ticket := next(tickets)) < len(things):
            try:
                results[ticket] = work(things[ticket])
            except BaseException as error:  # raised below, by the calling thread
                errors[ticket] = error

    helpers = [_pool().submit(drain) for _ in range(min(budget(), len(things) // least) - 1)]
    drain()
    for helper in helpers:
        if not helper.cancel():
            helper.result()
    if errors:
        raise errors[min(errors)]
    return [results[ticket] for ticket in range(len(things))]


def aside(work: Callable[[], R]) -> Future[R]:
    """`work` beside the caller, who waits for its result when it needs it; done at once where the budget is one.

    As much is done aside at once as the budget has threads, and each takes one. What belongs to a thread does not come
    along (see `spread`), and work must not wait for other work that is done aside.
    """
    count = budget()
    if count > 1:
        return _aside(count).submit(work)
    done: Future[R] = Future()
    try:
        done.set_result(work())
    except Exception as error:  # any kind: it is raised where the result is asked for
        done.set_exception(error)
    return done


def shares(count: int) -> list[slice]:
    """`count` things in as many runs of like length as the budget has threads, none of them empty."""
    parts = min(budget(), count)
    return [slice(part * count // parts, (part + 1) * count // parts) for part in range(parts)]


def worth_a_thread(pixels: int) -> int:
    """How many frames of so many pixels are worth a thread of their own, when they are coded or read alone."""
    return max(1, _PIXELS_OF_A_THREAD // pixels)


_thread = threading.local()


def _enter_aside() -> None:
    _thread.is_aside = True


@cache
def _aside(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="ahc-aside", initializer=_enter_aside)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(64, processors()), thread_name_prefix="ahc-helper")


if hasattr(os, "register_at_fork"):  # threads do not survive a fork: the child starts its own
    os.register_at_fork(after_in_child=_pool.cache_clear)
    os.register_at_fork(after_in_child=_aside.cache_clear)
