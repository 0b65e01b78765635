"""Lanes on a device, against the stand-in and, where there is one, on a GPU."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
import torch

from ahc_stream.core.cuda import lane, resolve_device, seconds_of
from ahc_stream.core.errors import InvalidValue
from tests.cuda_standin import POOL, StandIn, stand_in

CUDA = torch.device("cuda")


def test_a_lane_on_the_cpu_runs_without_autograd_and_its_fence_returns_at_once() -> None:
    weight = torch.ones(1, requires_grad=True)
    with lane(torch.device("cpu")) as fence:
        assert (weight * 2).requires_grad is False
        assert fence() is None
    assert (weight * 2).requires_grad is True


def test_several_gpus_take_a_shard_each() -> None:
    with pytest.raises(InvalidValue, match="For several GPUs run a shard on each"):
        resolve_device("cuda:0,1")


@pytest.mark.gpu
def test_a_lane_on_a_gpu_has_its_own_stream_and_its_fence_waits() -> None:
    device = CUDA
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


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return stand_in(monkeypatch)


FENCED = ["event on stream 0", "thread sleeps until the event on stream 0"]


def test_a_clock_is_read_when_the_callers_stream_is_drained(standin: StandIn) -> None:
    seconds_of(CUDA, lambda: standin.launch("work"))
    drained = "thread waits for default stream"
    assert standin.log == [drained, "work on default stream", drained]


def test_a_fence_sleeps_until_all_that_its_stream_has_is_done_and_every_lane_ends_with_one(standin: StandIn) -> None:
    with lane(CUDA) as fence:
        standin.launch("work")
        fence()
        standin.launch("work")
    assert standin.log == ["work on stream 0", *FENCED, "work on stream 0", *FENCED]
    assert standin.current_stream().place < 0


def test_a_lane_that_fails_is_fenced_too(standin: StandIn) -> None:
    with pytest.raises(ZeroDivisionError), lane(CUDA):
        raise ZeroDivisionError
    assert standin.log == FENCED


def test_each_lane_has_a_stream_of_its_own_until_the_pool_is_used_up(standin: StandIn) -> None:
    with ExitStack() as lanes:
        for _ in range(POOL):
            lanes.enter_context(lane(CUDA))
        assert len(set(standin.handed_out)) == POOL
        lanes.enter_context(lane(CUDA))  # shares the first one's, whose fences then wait for both
        assert standin.handed_out[POOL] is standin.handed_out[0]
