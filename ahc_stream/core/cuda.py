"""The only file that names a stream or an event.

The rule every other file relies on: *what is in a channel is finished, and nothing is freed while a kernel reads it.*
A lane runs on a stream of its own and calls `fence()` before it hands an item on and before it lets its input go.
So memory that another lane frees is idle, the caching allocator may reuse it at once, and no stage needs
`record_stream` or a wait across streams.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.openmp import give_up_team

R = TypeVar("R")


@contextmanager
def lane(device: torch.device, threads: int = 0) -> Iterator[Callable[[], None]]:
    """Runs the calling thread's work on a stream of its own, without autograd, and yields its fence.

    The fence returns when everything the thread has launched so far is done. It waits on a blocking event, so the
    thread sleeps and releases the GIL meanwhile. On the CPU, work is done when a call returns: the fence lets the
    thread's helpers go, because what comes next may be to wait (`core.openmp`).

    threads:  of torch's own work on the CPU in this thread; 0: as many as it has. A new thread has what the process
              had in its environment and last asked for when it first computes, which another lane may be changing.
    """
    if threads:
        torch.set_num_threads(threads)
    with torch.inference_mode():
        if device.type != "cuda":
            yield give_up_team
            return
        stream = _new_stream(device)
        # torch.Event(blocking=True) spins on CUDA, this one sleeps
        event = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]  # torch gives it no types

        def fence() -> None:
            event.record(stream)
            event.synchronize()

        with torch.cuda.stream(stream):
            try:
                yield fence
            finally:
                fence()


def _new_stream(device: torch.device, priority: int = 0) -> torch.cuda.Stream:
    return torch.cuda.Stream(device, priority=priority)  # type: ignore[no-untyped-call]  # torch gives it no types


def marked(device: torch.device) -> Callable[[], None]:
    """Marks how far the calling thread's work on `device` is launched. What it returns sleeps, on whatever thread calls
    it, until that much is done; on the CPU it is done."""
    if device.type != "cuda":
        return _nothing
    event = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]  # torch gives it no types
    event.record(torch.cuda.current_stream(device))
    wait: Callable[[], None] = event.synchronize
    return wait


def _nothing() -> None: ...


def seconds_of(device: torch.device, work: Callable[[], R]) -> tuple[R, float]:
    """The result of `work` and its wall time, with the calling thread's stream drained before and after."""
    drain(device)
    start = time.perf_counter()
    result = work()
    drain(device)
    return result, time.perf_counter() - start


def drain(device: torch.device) -> None:
    """Returns when all that the calling thread has launched is done; on the CPU, at once."""
    if device.type == "cuda":
        torch.cuda.current_stream(device).synchronize()


RECORDING_PRIORITY = -1
"""torch hands its streams out in turn, 32 of each priority, over and over: the 33rd is the first one again. Lanes take
theirs from priority 0. A stream of the other priority can never be one of theirs, however many were handed out."""

_recording_streams: dict[torch.device, torch.cuda.Stream] = {}
_recording = threading.RLock()


@contextmanager
def recording_stream(device: torch.device) -> Iterator[None]:
    """Within it, the calling thread's work goes to the one stream of a GPU that records; one thread at a time.

    It comes after all that the thread has launched before, and what it launches afterwards comes after it.
    Raises RuntimeError within another one.
    """
    with _recording:
        own, callers = _recording_stream(device), torch.cuda.current_stream(device)
        if own == callers:
            raise RuntimeError("a recording within a recording")
        own.wait_stream(callers)
        try:
            with torch.cuda.stream(own):
                yield
        finally:
            callers.wait_stream(own)


def _recording_stream(device: torch.device) -> torch.cuda.Stream:
    """The same one whenever it is asked for."""
    place = torch.device("cuda", torch.cuda.current_device() if device.index is None else device.index)
    if place not in _recording_streams:
        _recording_streams[place] = _new_stream(place, RECORDING_PRIORITY)
    return _recording_streams[place]


DEVICE_NAME = re.compile(r"cpu|cuda(?::(?P<index>0|[1-9]\d*))?")


def resolve_device(name: str) -> torch.device:
    """ "cpu", "cuda", "cuda:1" as torch has them, or "auto", which is the GPU where there is one, else the CPU.

    Raises InvalidValue for another name, and for a GPU that is not in this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    match = DEVICE_NAME.fullmatch(name)
    if match is None:
        several = "for several GPUs run a shard on each into one folder, --shard 0/2 --device cuda:0 and so on"
        todo = several if "," in name else "name one of these"
        raise InvalidValue("a device: cpu, cuda, cuda:N or auto", repr(name), todo)
    if name != "cpu":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(match["index"] or 0) >= count:
            got = f"{count} of them" if count else "none"
            todo = "run ahc-stream doctor, or choose auto, which takes the CPU where there is no GPU"
            raise InvalidValue(f"a GPU {name} in this machine", got, todo)
    return torch.device(name)
