"""The pretended GPU is as strict as a GPU: it refuses what CUDA refuses, and sees every wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ahc_stream.core.errors import DeviceError
from ahc_stream.core.recording import recorded
from tests.gpu.pretend import CUDA, Gpu

WAITS: dict[str, Callable[[Tensor], object]] = {
    "bool": lambda x: bool((x > 9).all()),
    "item": lambda x: x[1].item(),
    "float": lambda x: float(x.max()),
    "list": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "a copy of pageable memory": lambda x: torch.empty(4).copy_(x),
    "a mask": lambda x: x[x > 2],
    "equal": lambda x: torch.equal(x, x + 1),
    "nonzero": lambda x: x.nonzero(),
    "numbers of the host": lambda x: torch.tensor([1.0, 2.0], device=x.device),
    "an upload": lambda x: torch.ones(3).to(x.device),
    "an upload of pageable memory": lambda x: torch.ones(3).to(x.device, non_blocking=True),
    "indexes of the host": lambda x: x[torch.tensor([0, 1])],
    "an event": lambda x: torch.cuda.Event().synchronize(),
}

GOES_ON: dict[str, Callable[[Tensor], object]] = {
    "a sum": lambda x: x + 1.5,
    "a number of the host": lambda x: x * torch.tensor(2.0),
    "a filled mask": lambda x: x.masked_fill_(x > 2, 0),
    "a slice": lambda x: x[1:3].clone(),
    "indexes of the device": lambda x: x[torch.arange(2, device=x.device)],
    "a copy to pinned memory": lambda x: torch.empty(4, pin_memory=True).copy_(x, non_blocking=True),
    "an upload of pinned memory": lambda x: torch.ones(3, pin_memory=True).to(x.device, non_blocking=True),
}


@pytest.mark.parametrize("name", WAITS)
def test_what_waits_is_counted_once(gpu: Gpu, name: str) -> None:
    x = torch.arange(4.0, device=CUDA)
    before = gpu.synchronisations
    WAITS[name](x)
    assert gpu.synchronisations == before + 1


@pytest.mark.parametrize("name", GOES_ON)
def test_what_does_not_wait_is_not_counted(gpu: Gpu, name: str) -> None:
    x = torch.arange(4.0, device=CUDA)
    before = gpu.synchronisations
    GOES_ON[name](x)
    assert gpu.synchronisations == before


def test_devices_do_not_mix(gpu: Gpu) -> None:
    with pytest.raises(RuntimeError, match="tensors on cuda:0 and on cpu"):
        torch.ones(3, device=CUDA) + torch.ones(3)
    with pytest.raises(TypeError, match="can't convert cuda:0"):
        torch.ones(3, device=CUDA).numpy()


def test_a_copy_to_pageable_memory_that_nobody_waits_for_is_refused(gpu: Gpu) -> None:
    with pytest.raises(RuntimeError, match="read it too early"):
        torch.empty(4).copy_(torch.ones(4, device=CUDA), non_blocking=True)


def test_the_numbers_are_those_of_the_cpu(gpu: Gpu) -> None:
    layer = torch.nn.Conv2d(3, 4, 3)
    pixels = torch.rand(2, 3, 9, 9)
    expected = layer(pixels)
    found = layer.to(CUDA)(pixels.to(CUDA))
    assert found.device == CUDA and torch.equal(found.cpu(), expected)


def test_a_graph_runs_again_over_its_memory(gpu: Gpu) -> None:
    source, target = torch.zeros(3, device=CUDA), torch.zeros(3, device=CUDA)

    def work() -> None:
        target.copy_((source * 2).flip(0) + 1)

    replay = recorded(work, CUDA)
    for number in (3.0, 5.0):
        source.copy_(torch.tensor([number, 0.0, 0.0]))
        with gpu.counted() as counts:
            replay()
        assert target.tolist() == [1, 1, 2 * number + 1] and counts["replays"] == 1 and not counts["launches"]


def test_work_that_waits_cannot_be_a_graph(gpu: Gpu) -> None:
    x = torch.ones(3, device=CUDA)
    with pytest.raises(DeviceError, match="not permitted when stream is capturing"):
        recorded(lambda: x.mul_(float(x.sum())), CUDA)
