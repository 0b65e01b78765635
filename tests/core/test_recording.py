"""Recordings beside lanes: on which stream, in which order, and what is left when one fails. Against the stand-in."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest
import torch

from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import DeviceError, InvalidValue
from ahc_stream.core.recording import recorded
from tests.cuda_standin import POOL, StandIn, stand_in

CUDA = torch.device("cuda")
LANES = 9
"""Three of each stage, as a run on a GPU has them."""


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return stand_in(monkeypatch)


def recorded_step(gpu: StandIn):
    return recorded(lambda: gpu.launch("step"), CUDA)


def test_recorded_work_on_the_cpu_is_the_work_itself() -> None:
    def work() -> None: ...

    assert recorded(work, torch.device("cpu")) is work


def test_recorded_work_runs_twice_before_it_is_recorded_and_the_caller_waits_for_it(gpu: StandIn) -> None:
    with lane(CUDA):
        replay = recorded_step(gpu)
        assert gpu.log == [
            *("event on stream 0", "high stream 0 waits for stream 0"),
            *("step on high stream 0", "step on high stream 0"),
            *("recording begins on high stream 0", "step on high stream 0", "recording ends on high stream 0"),
            *("event on high stream 0", "stream 0 waits for high stream 0"),
        ]
        replay()
        assert gpu.log[-2:] == ["replay on stream 0", "step on stream 0"]


def test_no_recording_takes_the_stream_of_a_lane_however_many_are_made(gpu: StandIn) -> None:
    with ExitStack() as lanes:
        for _ in range(LANES):
            lanes.enter_context(lane(CUDA))
        of_lanes = set(gpu.handed_out)
        for _ in range(2 * POOL):
            recorded_step(gpu)
        recording = {graph.stream for graph in gpu.graphs}
        assert len(of_lanes) == LANES and len(gpu.graphs) == 2 * POOL
        assert not recording & of_lanes


def test_a_stream_of_the_lanes_own_pool_would_be_one_of_theirs_from_the_24th_on(gpu: StandIn) -> None:
    """What the test above would see if recordings took their streams as lanes do."""
    lanes = {gpu.new_stream(CUDA) for _ in range(LANES)}
    taken = [number for number in range(1, 2 * POOL + 1) if gpu.new_stream(CUDA) in lanes]
    assert taken == [*range(24, 33), *range(56, 65)]


def test_a_device_has_one_stream_that_records_and_another_device_another(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = stand_in(monkeypatch, devices=2)
    for _ in range(3):
        for name in ("cuda", "cuda:0", "cuda:1"):
            recorded(lambda: None, torch.device(name))
    assert [(str(stream.device), stream.priority) for stream in gpu.handed_out] == [("cuda:0", -1), ("cuda:1", -1)]


def test_a_recording_waits_for_no_device_and_empties_no_cache(gpu: StandIn) -> None:
    recorded_step(gpu)
    assert not {"the whole device is waited for", "the cache is emptied"} & set(gpu.log)
    assert [graph.mode for graph in gpu.graphs] == ["thread_local"]


def test_every_recording_has_memory_of_its_own(gpu: StandIn) -> None:
    for _ in range(3):
        recorded_step(gpu)
    assert len({graph.pool for graph in gpu.graphs}) == 3


class Work:
    """Steps that go wrong the third time, which is when they are recorded."""

    def __init__(self, gpu: StandIn, fail) -> None:
        self._gpu, self._fail, self._times = gpu, fail, 0

    def __call__(self) -> None:
        self._times += 1
        if self._times == 3:
            self._fail()
        self._gpu.launch("step")


def waits(gpu: StandIn):
    """What a call of `.item()` would do."""
    return lambda: gpu.current_stream().synchronize()


def raises(error: BaseException):
    def fail() -> None:
        raise error

    return fail


def check_all_is_as_it_was(gpu: StandIn) -> None:
    """No stream records, no pool is on, the lane has its stream, and the next recording works."""
    assert gpu.pools_recording == set()
    assert all(stream.recorder is None for stream in gpu.handed_out)
    assert gpu.current_stream().priority == 0
    recorded_step(gpu)()
    assert gpu.graphs[-1].launches == ["step"]


def test_a_step_that_waits_for_the_device_is_an_error_of_ours_and_leaves_everything_usable(gpu: StandIn) -> None:
    with lane(CUDA):
        with pytest.raises(DeviceError, match="expected steps that a CUDA graph records; got operation not permitted"):
            recorded(Work(gpu, waits(gpu)), CUDA)
        check_all_is_as_it_was(gpu)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("full"), InvalidValue("a", "b", "c"), KeyboardInterrupt(), ZeroDivisionError()]
)
def test_whatever_else_a_step_raises_ends_the_recording_and_comes_out_as_it_is(gpu: StandIn, error) -> None:
    with lane(CUDA):
        with pytest.raises(type(error)) as caught:
            recorded(Work(gpu, raises(error)), CUDA)
        assert caught.value is error
        check_all_is_as_it_was(gpu)


def test_a_recording_that_another_call_spoils_unseen_is_an_error_of_ours_too(gpu: StandIn) -> None:
    def spoil() -> None:
        gpu.current_stream().recorder.spoiled = "a library"

    with lane(CUDA):
        with pytest.raises(DeviceError, match="previous error during capture"):
            recorded(Work(gpu, spoil), CUDA)
        check_all_is_as_it_was(gpu)


def test_a_step_that_fails_before_anything_is_recorded_is_told_alike(gpu: StandIn) -> None:
    with lane(CUDA):
        with pytest.raises(DeviceError, match="got an illegal address"):
            recorded(raises(RuntimeError("an illegal address\nand more")), CUDA)
        check_all_is_as_it_was(gpu)


def test_a_recording_within_a_recording_is_refused_by_no_dead_lock(gpu: StandIn) -> None:
    with lane(CUDA):
        with pytest.raises(DeviceError, match="a recording within a recording"):
            recorded(Work(gpu, lambda: recorded_step(gpu)), CUDA)
        check_all_is_as_it_was(gpu)


def test_lanes_that_record_at_once_take_turns_and_each_graph_has_the_steps_of_its_lane_alone(gpu: StandIn) -> None:
    start, graphs, errors = threading.Barrier(4), {}, []

    def work(name: str) -> None:
        try:
            with lane(CUDA) as fence:
                start.wait()
                for _ in range(20):
                    replay = recorded(lambda: gpu.launch(name), CUDA)
                    gpu.launch(f"{name} beside")
                    fence()
                    replay()
                graphs[name] = replay.__self__
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {name: graph.launches for name, graph in graphs.items()} == {name: [name] for name in "abcd"}
    marks = [line.split()[1] for line in gpu.log if line.startswith("recording ")]
    assert marks == ["begins", "ends"] * 80
