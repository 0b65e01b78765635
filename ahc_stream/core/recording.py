"""Work that is launched again and again as one: CUDA graphs, and what their recording must leave as it was.

`torch.cuda.graph` waits for the whole device and empties the caches of device and pinned memory before each recording,
under all lanes. Here a recording waits for nobody: it has a stream that is never a lane's (`core.cuda`) and a pool of
memory of its own, and calls of other threads do not disturb it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import torch

from ahc_stream.core.cuda import recording_stream
from ahc_stream.core.errors import DeviceError


def recorded(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """`work` as one launch: on a GPU a CUDA graph, elsewhere `work` itself.

    `work` reads and writes tensors that stay where they are and never waits for the device. On a GPU it runs twice
    before this returns, so that libraries have made their workspaces, with whatever its tensors hold then: the caller
    sets them anew. The graph keeps the memory that `work` allocates; it is replayed on the caller's stream.

    Whatever `work` raises ends the recording first, and streams and memory are as they were. What the GPU refuses is
    raised as DeviceError; where it is out of memory, torch's own error is, for who chose the size knows what to say.
    """
    if device.type != "cuda":
        return work
    with recording_stream(device):
        try:
            work()
            work()
            return _captured(work).replay
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            todo = "update the GPU's driver, or report it with this message; on --device cpu nothing is recorded"
            raise DeviceError("steps that a CUDA graph records", str(error).partition("\n")[0], todo) from error


def _captured(work: Callable[[], None]) -> torch.cuda.CUDAGraph:
    """The graph of `work`, recorded on the calling thread's stream."""
    graph, pool = torch.cuda.CUDAGraph(), torch.cuda.graph_pool_handle()
    try:
        # thread_local: other lanes may allocate and wait meanwhile
        graph.capture_begin(pool=pool, capture_error_mode="thread_local")
        work()
    except BaseException:  # raised again: a recording that is not ended would take all that comes on its stream
        _abandon(graph, pool)
        raise
    try:
        graph.capture_end()
    except RuntimeError:
        _let_go(pool)
        raise
    return graph


def _abandon(graph: torch.cuda.CUDAGraph, pool: tuple[int, int]) -> None:
    try:
        graph.capture_end()
    except RuntimeError:  # it was invalid, or never began: why, the error says that is on its way
        _let_go(pool)


def _let_go(pool: tuple[int, int]) -> None:
    """Ends the allocator's part of a recording that CUDA has ended with an error. torch leaves it on: until it is over,
    memory that is cached is not given back when another lane runs out of it."""
    device = torch.cuda.current_device()
    with suppress(RuntimeError):  # it was over already
        torch._C._cuda_endAllocateToPool(device, pool)
        torch._C._cuda_releasePool(device, pool)
