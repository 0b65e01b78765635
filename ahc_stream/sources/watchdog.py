"""Notices a decoder that stands still.

Decoding in C cannot be interrupted from Python, but it can be left behind: frames are decoded on a daemon thread, and
the reader waits for each with a limit. This needs a decoder that releases the GIL, as FFmpeg through PyAV and DALI do.
decord can hang with the GIL held, so it runs in a process of its own instead (`sources.decord`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any, TypeVar

from ahc_stream.core.errors import MediaError

STALL_SECONDS = 60.0
"""Two thousand times what a 4K frame takes on one core: no slow machine is mistaken for a stalled decoder."""

T = TypeVar("T")
_Box = queue.Queue[tuple[Any, BaseException | None]]
"""(value, None), (None, error), or (_END, None)."""
_END = object()


def watched(values: Iterator[T], name: str, stall_seconds: float = STALL_SECONDS) -> Iterator[T]:
    """The same values, at most two ahead of the reader; MediaError when one takes longer than `stall_seconds`.

    An error of `values` is raised after the values before it. Closing the iterator ends the thread.
    """
    box: _Box = queue.Queue(maxsize=2)
    closed = threading.Event()
    threading.Thread(target=_fill, args=(values, box, closed), name=f"decode {name}", daemon=True).start()
    try:
        while True:
            try:
                value, error = box.get(timeout=stall_seconds)
            except queue.Empty:
                got = f"none for {stall_seconds:g} seconds"
                raise MediaError(
                    f"the next frame of {name}", got, "decode the file elsewhere, it may be damaged"
                ) from None
            if error is not None:
                raise error
            if value is _END:
                return
            yield value
    finally:
        closed.set()


def _fill(values: Iterator[T], box: _Box, closed: threading.Event) -> None:
    try:
        for value in values:
            if not _put(box, (value, None), closed):
                return
        _put(box, (_END, None), closed)
    except BaseException as error:  # whatever it is, the reader raises it: nothing may end in a thread unseen
        _put(box, (None, error), closed)


def _put(box: _Box, entry: tuple[Any, BaseException | None], closed: threading.Event) -> bool:
    while not closed.is_set():
        try:
            box.put(entry, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False
