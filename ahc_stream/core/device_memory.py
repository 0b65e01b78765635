"""A GPU's memory where it runs short: what is kept free, what may do with less, and what must not.

Three cases. What lies outside of torch's allocator, as kernels and video decoders do, has room that torch never takes.
Tasks and metrics may do with smaller batches; then last digits may differ, and the run's notes say so. An encoder and
its decoder must not: where cuDNN finds no room for the workspace of a plan it takes another plan without a word, which
sums in another order, and a stream that was coded so cannot be read by one who had the room.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch

from ahc_stream.core.batches import halved_batches
from ahc_stream.core.errors import CodecError, DeviceError

R = TypeVar("R")

GIBIBYTE = 1 << 30
HEADROOM = 2 * GIBIBYTE
"""Bytes that torch leaves: for kernels, which are loaded when they are first launched, with what they spill; for
surfaces of NVDEC and buffers of DALI. An estimate: eight 4K surfaces are 0.1 GiB, DALI begins with some 0.3 GiB."""
SMALL_GPU = 16
"""Of a GPU whose sixteenth part is less, that is left."""

_FEWER = "run with fewer --lanes or a smaller --clip-frames, or let other programs on the GPU end"

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_notes: dict[str, None] = {}


def keep_headroom(device: torch.device) -> None:
    """Torch's allocator will leave the headroom, and refuse before CUDA itself has to. Raises DeviceError where there
    is not even that much."""
    free, total = torch.cuda.mem_get_info(device)
    for_us = free + torch.cuda.memory_reserved(device)  # torch keeps what it has freed
    headroom = min(HEADROOM, total // SMALL_GPU)
    if for_us <= headroom:
        expected = f"more than {headroom / GIBIBYTE:.1f} GiB of free memory on {device}"
        raise DeviceError(expected, f"{for_us / GIBIBYTE:.1f} GiB", "let other programs on it end, or name another one")
    torch.cuda.set_per_process_memory_fraction((for_us - headroom) / total, device)


class _Refusals(threading.local):
    """How often this thread was refused memory, whoever asked for it and whoever swallowed the error."""

    count = 0


_refusals = _Refusals()


@contextmanager
def memory_for_all(device: torch.device) -> Iterator[None]:
    """Within it, what an encoder and its decoder both compute. Raises CodecError where memory ran out, also where a
    library made do without: what came out is not what the other side will get."""
    if device.type != "cuda":
        yield
        return
    _watch_refusals()
    before = _refusals.count
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise _no_memory_for_codec(device) from error
    if _refusals.count != before:
        raise _no_memory_for_codec(device)


@cache
def _watch_refusals() -> None:
    """torch tells an observer in the thread that asked, before it raises what cuDNN catches."""

    def count(device: int, asked: int, total: int, free: int) -> None:
        _refusals.count += 1

    torch._C._cuda_attach_out_of_memory_observer(count)  # type: ignore[attr-defined]  # torch's stubs lack it


def _no_memory_for_codec(device: torch.device) -> CodecError:
    got = f"{device} out of memory: with less, sums would have another order than on the other side"
    return CodecError("memory for all that a learned codec computes", got, _FEWER)


def with_room(what: str, work: Callable[[], R]) -> R:
    """What `work` gives. Where a GPU's memory runs out it is done again in batches half as large (`batch_size`), and
    again, down to single frames; that is logged, and is one of the run's notes.

    what:  who asks, for people. work: may be done again. Raises DeviceError where there is no room for one frame.
    """
    halvings = 0
    while True:
        with halved_batches(halvings) as sizes:
            try:
                result = work()
            except torch.OutOfMemoryError as error:
                lack = _first_line(error)  # the error itself would keep the failed call's memory alive
            else:
                _tell(what, halvings)
                return result
        if max(sizes, default=1) == 1:
            raise DeviceError(f"memory for one frame of {what}", lack, _FEWER)
        halvings += 1


@contextmanager
def memory_for(what: str) -> Iterator[None]:
    """Within it, what remembers and so cannot be done again. Raises DeviceError where memory runs out."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise DeviceError(f"memory for {what}", _first_line(error), _FEWER) from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _tell(what: str, halvings: int) -> None:
    if not halvings:
        return
    note = (
        f"{what}: the GPU's memory was full, and some batches had 1/{2**halvings} of their size; "
        "last digits of those rows may be others than with more memory"
    )
    with _lock:
        _log.log(logging.DEBUG if note in _notes else logging.WARNING, "%s", note)
        _notes[note] = None


def take_notes() -> tuple[str, ...]:
    """What was done with less memory since this was last asked: a sentence for each task and metric."""
    with _lock:
        notes = tuple(_notes)
        _notes.clear()
    return notes
