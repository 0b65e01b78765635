"""core/sharing.py: made once, whoever asks, and finished before another lane sees it."""

from __future__ import annotations

import gc
import threading
import time
from weakref import WeakValueDictionary

import pytest
import torch

from ahc_stream.codecs.learned.flow_transforms import NETWORKS, flow_transforms
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.sharing import Shared
from tests.cuda_standin import stand_in

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


class Thing:
    """Something that can be referred to weakly."""


def test_lanes_that_ask_at_once_get_one_thing_which_is_finished_on_the_device_first(monkeypatch) -> None:
    gpu, shared, start = stand_in(monkeypatch), Shared(), threading.Barrier(4)
    things = []

    def make() -> Thing:
        gpu.launch("convert")
        time.sleep(0.02)
        return Thing()

    def ask() -> None:
        with lane(CUDA):
            start.wait()
            things.append(shared.get("half", make, CUDA))
            gpu.launch("use")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(things) == 4 and len(set(things)) == 1
    (made,) = [number for number, line in enumerate(gpu.log) if line.startswith("convert")]
    stream = gpu.log[made].removeprefix("convert on ")
    drained = gpu.log.index(f"thread waits for {stream}")
    assert made < drained < min(number for number, line in enumerate(gpu.log) if line.startswith("use"))


def test_what_is_made_within_a_lane_serves_callers_outside_of_it() -> None:
    shared: Shared[str, torch.Tensor] = Shared()
    with lane(CPU):
        weight = shared.get("weight", lambda: torch.ones(2) * 2, CPU)
    assert not weight.is_inference() and not weight.requires_grad


def test_what_could_not_be_made_is_tried_again() -> None:
    shared, attempts = Shared(), []

    def make() -> Thing:
        attempts.append(1)
        if len(attempts) == 1:
            raise InvalidValue("a file", "none", "bring it")
        return Thing()

    with pytest.raises(InvalidValue):
        shared.get("a", make, CPU)
    assert shared.get("a", make, CPU) is shared.get("a", make, CPU) and len(attempts) == 2


def test_what_nobody_uses_any_more_is_let_go_where_it_is_kept_weakly() -> None:
    values: WeakValueDictionary[str, Thing] = WeakValueDictionary()
    shared: Shared[str, Thing] = Shared(values)
    thing = shared.get("a", Thing, CPU)
    assert shared.get("a", Thing, CPU) is thing and len(values) == 1
    del thing
    gc.collect()
    assert len(values) == 0 and isinstance(shared.get("a", Thing, CPU), Thing)


def test_what_is_forgotten_is_made_anew() -> None:
    shared: Shared[str, Thing] = Shared()
    first, other = shared.get("a", Thing, CPU), shared.get("b", Thing, CPU)
    shared.forget(lambda key: key == "a")
    assert shared.get("a", Thing, CPU) is not first and shared.get("b", Thing, CPU) is other


class FlowModel:
    """What `flow_transforms` asks of a model on a GPU, with networks of one layer."""

    device = CUDA

    def __init__(self) -> None:
        self.network = torch.nn.ModuleDict({name: torch.nn.Conv2d(1, 1, 1) for name in NETWORKS})


def test_half_precision_networks_are_converted_once_for_all_lanes_and_waited_for(monkeypatch) -> None:
    gpu, model = stand_in(monkeypatch), FlowModel()
    waits = []
    for _ in range(3):
        with lane(CUDA):
            flow_transforms(model, "float16")
        waits.append([line for line in gpu.log if line.startswith("thread waits")])
    assert set(waits[0]) == {"thread waits for stream 0"} and waits[0] == waits[1] == waits[2]
