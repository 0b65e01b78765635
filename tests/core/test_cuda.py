"""Lanes on a device. What needs a GPU fails where AHC_STREAM_REQUIRE_CUDA=1 promises one, and else skips by name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from ahc_stream.core import cuda
from ahc_stream.core.cuda import lane, recorded, resolve_device, seconds_of
from ahc_stream.core.errors import InvalidValue


def gpu() -> torch.device:
    if not torch.cuda.is_available() and os.environ.get("AHC_STREAM_REQUIRE_CUDA") != "1":
        pytest.skip("needs an NVIDIA GPU")  # the CPU path is tested below
    return torch.device("cuda")


def test_a_lane_on_the_cpu_runs_without_autograd_and_its_fence_returns_at_once() -> None:
    weight = torch.ones(1, requires_grad=True)
    with lane(torch.device("cpu")) as fence:
        assert (weight * 2).requires_grad is False
        assert fence() is None
    assert (weight * 2).requires_grad is True


def test_a_lane_on_a_gpu_has_its_own_stream_and_its_fence_waits() -> None:
    device = gpu()
    outside = torch.cuda.current_stream(device)
    with lane(device) as fence:
        assert torch.cuda.current_stream(device) != outside
        big = torch.randn(4096, 4096, device=device)
        for _ in range(20):
            big = big @ big / 64
        fence()
        assert torch.cuda.current_stream(device).query()


def test_seconds_are_wall_time_of_the_work() -> None:
    result, seconds = seconds_of(torch.device("cpu"), lambda: time.sleep(0.05) or 7)
    assert result == 7 and 0.05 <= seconds < 1


def test_auto_is_the_gpu_where_there_is_one() -> None:
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert resolve_device("cpu") == torch.device("cpu")


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidValue, match="a GPU cuda:99 in this machine"):
        resolve_device("cuda:99")


@pytest.mark.parametrize(("count", "fits"), [(0, []), (1, ["cuda", "cuda:0"]), (2, ["cuda", "cuda:0", "cuda:1"])])
def test_a_gpu_is_there_up_to_their_number(monkeypatch: pytest.MonkeyPatch, count: int, fits: list[str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    for name in ("cuda", "cuda:0", "cuda:1", "cuda:2"):
        if name in fits:
            assert resolve_device(name) == torch.device(name)
        else:
            with pytest.raises(InvalidValue, match=f"got {f'{count} of them' if count else 'none'}"):
                resolve_device(name)
    assert resolve_device("auto") == torch.device("cuda" if count else "cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:01", "cuda:-1", "mps", "cpu:0", ""])
def test_another_name_is_no_device(name: str) -> None:
    with pytest.raises(InvalidValue, match="a device: cpu, cuda, cuda:N or auto"):
        resolve_device(name)


def test_recorded_work_on_the_cpu_is_the_work_itself() -> None:
    def work() -> None: ...

    assert recorded(work, torch.device("cpu")) is work


class Device:
    """A GPU as torch shows it, which writes down what it is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[str] = []
        monkeypatch.setattr(cuda, "_new_stream", lambda device: Queue("own", self.log))
        monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Queue("caller's", self.log))
        monkeypatch.setattr(torch.cuda, "Event", lambda blocking: Mark(self.log, blocking))
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: self.log.append("replay")))
        monkeypatch.setattr(torch.cuda, "stream", lambda stream: self._within(f"on {stream.name}"))
        monkeypatch.setattr(torch.cuda, "graph", lambda graph, **options: self._within("in the graph"))

    @contextmanager
    def _within(self, place: str) -> Iterator[None]:
        self.log.append(f"{place} (")
        yield
        self.log.append(")")

    def work(self) -> int:
        self.log.append("work")
        return 7


@dataclass
class Queue:
    name: str
    log: list[str]

    def synchronize(self) -> None:
        self.log.append(f"drain {self.name}")

    def wait_stream(self, other: Queue) -> None:
        self.log.append(f"{self.name} waits for {other.name}")


@dataclass
class Mark:
    log: list[str]
    blocking: bool

    def record(self, stream: Queue) -> None:
        self.log.append(f"mark {stream.name}")

    def synchronize(self) -> None:
        self.log.append("sleep until the mark" if self.blocking else "spin until the mark")


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    return Device(monkeypatch)


def test_a_clock_is_read_when_the_callers_stream_is_drained(device: Device) -> None:
    assert seconds_of(torch.device("cuda"), device.work)[0] == 7
    assert device.log == ["drain caller's", "work", "drain caller's"]


def test_a_fence_sleeps_until_all_that_its_stream_has_is_done_and_every_lane_ends_with_one(device: Device) -> None:
    fenced = ["mark own", "sleep until the mark"]
    with lane(torch.device("cuda")) as fence:
        device.work()
        fence()
        device.work()
    assert device.log == ["on own (", "work", *fenced, "work", *fenced, ")"]


def test_a_lane_that_fails_is_fenced_too(device: Device) -> None:
    with pytest.raises(ZeroDivisionError), lane(torch.device("cuda")):
        raise ZeroDivisionError
    assert device.log[-2:] == ["mark own", "sleep until the mark"]


def test_recorded_work_runs_twice_before_it_is_recorded_and_the_caller_waits_for_it(device: Device) -> None:
    replay = recorded(device.work, torch.device("cuda"))
    assert device.log == [
        *("own waits for caller's", "on own (", "work", "work", ")"),
        *("in the graph (", "work", ")", "caller's waits for own"),
    ]
    replay()
    assert device.log[-1] == "replay"
