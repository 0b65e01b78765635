"""Tensors on their way to the host's memory, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.core.cuda import marked


def to_host(tensor: Tensor) -> Tensor:
    """The tensor on the CPU: itself where it is there, else a copy in pinned memory, by one transfer."""
    if tensor.device.type == "cpu":
        return tensor
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True).copy_(tensor)


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU on `device`, through pinned memory: the host goes on while it is copied."""
    if device.type == "cpu":
        return tensor
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True).copy_(tensor).to(device, non_blocking=True)


def host_twin(tensor: Tensor) -> Tensor:
    """Memory of the host for what a tensor holds: pinned where that is on a GPU, so that copies need no waiting."""
    return torch.zeros(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.device.type == "cuda")


@dataclass(frozen=True, eq=False)
class Arrival:
    """Tensors that were sent to the host; they are looked at once `wait` has returned, on whatever thread.

    wait:  sleeps until they are there.
    """

    tensors: Sequence[Tensor]
    wait: Callable[[], None]


def sent_to_host(tensors: Sequence[Tensor]) -> Arrival:
    """Tensors of one device on their way to the CPU, by one transfer that nobody waits for yet; there, themselves."""
    device = tensors[0].device
    if device.type == "cpu":
        return Arrival(tensors, marked(device))
    # the widest first, so that each begins where its type may
    order = sorted(range(len(tensors)), key=lambda number: -tensors[number].element_size())
    sent = torch.cat([tensors[number].flatten().view(torch.uint8) for number in order])
    there = torch.empty(sent.shape, dtype=torch.uint8, pin_memory=True).copy_(sent, non_blocking=True)
    parts = torch.split(there, [tensors[number].nbytes for number in order])
    arrived = {number: part.view(tensors[number].dtype) for number, part in zip(order, parts, strict=True)}
    shaped = [arrived[number].view(tensor.shape) for number, tensor in enumerate(tensors)]
    return Arrival(shaped, marked(device))
