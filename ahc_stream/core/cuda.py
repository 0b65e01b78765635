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


def _new_stream(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch gives it no types


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
    _drain(device)
    start = time.perf_counter()
    result = work()
    _drain(device)
    return result, time.perf_counter() - start


def _drain(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.current_stream(device).synchronize()


_recording = threading.Lock()  # recordings of two threads would take each other's memory pool


def recorded(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """`work` as one launch: on a GPU a CUDA graph, elsewhere `work` itself.

    `work` reads and writes tensors that stay where they are and never waits for the device. On a GPU it runs twice
    before this returns, so that libraries have made their workspaces, with whatever its tensors hold then: the caller
    sets them anew. The graph keeps the memory that `work` allocates; it is replayed on the caller's stream.
    """
    if device.type != "cuda":
        return work
    stream, graph = _new_stream(device), torch.cuda.CUDAGraph()
    with _recording:
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            work()
            work()
        # thread_local: other lanes may allocate meanwhile
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            work()
        torch.cuda.current_stream(device).wait_stream(stream)
    return graph.replay


DEVICE_NAME = re.compile(r"cpu|cuda(?::(?P<index>0|[1-9]\d*))?")


def resolve_device(name: str) -> torch.device:
    """ "cpu", "cuda", "cuda:1" as torch has them, or "auto", which is the GPU where there is one, else the CPU.

    Raises InvalidValue for another name, and for a GPU that is not in this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    match = DEVICE_NAME.fullmatch(name)
    if match is None:
        raise InvalidValue("a device: cpu, cuda, cuda:N or auto", repr(name), "name one of these")
    if name != "cpu":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(match["index"] or 0) >= count:
            got = f"{count} of them" if count else "none"
            todo = "run ahc-stream doctor, or choose auto, which takes the CPU where there is no GPU"
            raise InvalidValue(f"a GPU {name} in this machine", got, todo)
    return torch.device(name)
