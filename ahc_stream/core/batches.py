"""Frames through a network in batches of one shape, so that no result depends on what shares a batch.

oneDNN and cuDNN choose a kernel, and with it the order of sums, by the shape of a batch; torch's vectorised functions
take another path for the last elements of an array. Either moves the last bits of a result, and then a row would tell
how a stream was cut into clips. So the shape of a batch is fixed by the frame size and the device alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

MOST = 16
"""Frames of a batch on a GPU. A clip has 16 unless it is asked for otherwise, and what fills a batch is lost work."""


class _Scope(threading.local):
    """Of the calling thread: how often batches are halved, and the sizes that were asked for since."""

    halvings = 0
    sizes: list[int] | None = None


_scope = _Scope()


@contextmanager
def halved_batches(times: int) -> Iterator[list[int]]:
    """Within it, `batch_size` says as often half as much in this thread, where memory has no room for more
    (`core.device_memory`). Yields the sizes that it says."""
    before, sizes = (_scope.halvings, _scope.sizes), list[int]()
    _scope.halvings, _scope.sizes = times, sizes
    try:
        yield sizes
    finally:
        _scope.halvings, _scope.sizes = before


def batch_size(device: torch.device, budget: int, pixels: int) -> int:
    """How many frames of so many pixels go through at once, a power of two, where memory allows for `budget` pixels.

    One on the CPU: of large frames a batch gains nothing there (LPIPS and HED lose by it), of small ones up to a third,
    and what fills a batch would be lost work.
    """
    if device.type == "cpu":
        return 1
    most = min(MOST, max(1, budget // pixels))
    size = max(1, (1 << (most.bit_length() - 1)) >> _scope.halvings)
    if _scope.sizes is not None:
        _scope.sizes.append(size)
    return size


def fixed_batches(size: int, *batches: Tensor) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    """Slices of exactly `size` frames of each batch, before them how many of these are real; zeros fill the last slice.

    They are copies in plain layout: strides would choose the kernel too.
    """
    for start in range(0, len(batches[0]), size):
        slices = tuple(batch[start : start + size] for batch in batches)
        yield len(slices[0]), tuple(_filled(frames, size) for frames in slices)


def in_fixed_batches(transform: Callable[..., Tensor], size: int, *batches: Tensor) -> Tensor:
    """`transform` over `fixed_batches`, its results joined: one for each frame."""
    return torch.cat([transform(*slices)[:count] for count, slices in fixed_batches(size, *batches)])


def _filled(frames: Tensor, size: int) -> Tensor:
    batch = frames.new_zeros(size, *frames.shape[1:])
    batch[: len(frames)] = frames
    return batch
