"""Batches of pictures that fit into memory, each of one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import CodecError
from ahc_stream.core.machine_memory import device_memory, machine_memory

GIBIBYTE = 1 << 30
BUDGET_BYTES = 4 * GIBIBYTE
LANES_AT_ONCE = 8  # that a GPU's memory is shared by
BYTES_PER_PIXEL = 1024  # live activations of the widest transform, float32, per padded pixel; measured 700 to 1000
BATCH_PIXELS = 1 << 20
"""Padded pixels of a batch of pictures on a GPU: enough work for it, and little lost where a batch is not full."""


def frames_at_once(padded: tuple[int, int], device: torch.device) -> int:
    """Frames that memory lets go through a transform together. One on the CPU, where a batch gains nothing."""
    return 1 if device.type == "cpu" else most_frames(padded, device)


def most_frames(padded: tuple[int, int], device: torch.device) -> int:
    """Frames of a padded size that may go through a transform together on a device."""
    return max(1, budget_bytes(device) // (BYTES_PER_PIXEL * padded[0] * padded[1]))


def budget_bytes(device: torch.device) -> int:
    """Bytes that the activations of one lane may take: a share of the device's memory, all of it and not what is free
    now, for it decides the batch of a stream, and a stream's bytes must not depend on what else runs."""
    if device.type == "cpu":
        return BUDGET_BYTES
    return max(BUDGET_BYTES, device_memory(device) // LANES_AT_ONCE)


def check_room(padded: tuple[int, int], model: Model) -> None:
    """Raises CodecError for a picture that the model's networks cannot take in this machine's memory: before the work,
    for on the CPU the system ends a process that takes too much. A GPU's own memory refuses by itself."""
    here, pixels = machine_memory(), padded[0] * padded[1]
    if model.device.type != "cpu" or BYTES_PER_PIXEL * pixels <= here:
        return
    needed = model.bytes_per_pixel * pixels
    if needed > here:
        got = f"{padded[1]} x {padded[0]} pixels, which take {model.codec} {needed / GIBIBYTE:.0f} GiB"
        todo = "take a machine of more memory, a GPU, or a smaller picture (--max-pixels refuses larger ones)"
        raise CodecError(f"a picture for {here / GIBIBYTE:.0f} GiB of memory", got, todo)


def in_picture_batches(transform: Callable[[Tensor], Tensor], batch: Tensor, padded: tuple[int, int]) -> Tensor:
    """`transform` over `batch`, float or uint8 [N, ...], of pictures of a padded size. Raises CodecError out of memory.

    Every batch has one shape, which size and device decide: a picture's bits do not depend on what it came with.
    """
    size = batch_size(batch.device, BATCH_PIXELS, padded[0] * padded[1])
    with within_memory(batch, size):
        return in_fixed_batches(transform, size, batch)


@contextmanager
def within_memory(batch: Tensor, size: int) -> Iterator[None]:
    """Turns running out of it into a CodecError. A smaller batch would be another shape, and other bits."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        got = f"out of memory on {batch.device} at {size} frames of {tuple(batch.shape[1:])}"
        raise CodecError("memory for the transforms", got, "use fewer lanes") from error
