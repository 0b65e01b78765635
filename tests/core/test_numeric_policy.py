"""core/numeric_policy.py: one policy in a process, and all as it was behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from ahc_stream import running
from ahc_stream.codecs.learned.cudnn_convolutions import FixedConvolutions
from ahc_stream.core import numeric_policy
from ahc_stream.core.errors import DeviceError, InvalidValue, UnknownName
from ahc_stream.core.numeric_policy import NumericPolicy, computing_by, sleep_while_waiting
from ahc_stream.engines import piece_line
from ahc_stream.experiment import Experiment
from ahc_stream.pairs import measuring
from tests.cuda_standin import StandIn, stand_in
from tests.pictures import write_pictures

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
EXACT, ROUNDED = (False, False, False, True), (True, True, False, True)


def switches() -> tuple[bool, ...]:
    cudnn = torch.backends.cudnn
    return cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, cudnn.benchmark, cudnn.deterministic


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    before = switches()
    monkeypatch.setattr(numeric_policy, "sleep_while_waiting", lambda device: None)
    yield stand_in(monkeypatch)
    assert switches() == before


@pytest.mark.parametrize(("precision", "expected"), [("float32", EXACT), ("tf32", ROUNDED)])
def test_a_gpu_computes_as_the_policy_says_and_afterwards_as_before(gpu: StandIn, precision, expected) -> None:
    with computing_by(NumericPolicy(precision), CUDA):
        assert switches() == expected


def test_the_exact_policy_is_the_one_that_nobody_asked_for() -> None:
    assert NumericPolicy() == NumericPolicy("float32", benchmark=False, deterministic=True)


def test_on_the_cpu_nothing_is_set() -> None:
    before = switches()
    with computing_by(NumericPolicy(), CPU):
        assert switches() == before


def test_the_same_policy_is_held_until_the_last_one_leaves_and_another_is_refused_meanwhile(gpu: StandIn) -> None:
    with computing_by(NumericPolicy("tf32"), CUDA):
        with computing_by(NumericPolicy("tf32"), CUDA):
            pass
        assert switches() == ROUNDED
        with pytest.raises(InvalidValue, match="one numeric policy in a process"), computing_by(NumericPolicy(), CUDA):
            pass
        assert switches() == ROUNDED
    with computing_by(NumericPolicy(), CUDA):
        assert switches() == EXACT


def test_threads_that_come_and_go_at_once_leave_the_switches_as_they_were(gpu: StandIn) -> None:
    seen = []

    def hold() -> None:
        for _ in range(200):
            with computing_by(NumericPolicy("tf32"), CUDA):
                seen.append(switches())

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {ROUNDED}


def test_what_must_repeat_bit_for_bit_asks_for_exact_convolutions_whatever_is_held(gpu: StandIn, monkeypatch) -> None:
    asked = []

    def convolution(picture, weight, padding, stride, dilation, groups, *flags):
        asked.append(flags)
        return torch.conv2d(picture, weight, None, stride, padding, dilation, groups)

    monkeypatch.setattr(torch, "cudnn_convolution", convolution)
    with computing_by(NumericPolicy("tf32"), CUDA), FixedConvolutions():
        torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3))
        assert switches() == ROUNDED
    assert asked == [(False, True, False)]  # benchmark, deterministic, TF32


def test_another_precision_is_unknown_and_the_cpu_has_one_alone() -> None:
    with pytest.raises(UnknownName, match="float32, tf32"):
        NumericPolicy("float16")
    with pytest.raises(InvalidValue, match="a GPU for the precision tf32"):
        NumericPolicy.of("tf32", CPU)
    assert NumericPolicy.of("float32", CPU) == NumericPolicy.of("float32", CUDA) == NumericPolicy()


def test_a_lane_that_finds_no_memory_ends_in_an_error_of_ours(gpu: StandIn) -> None:
    with pytest.raises(DeviceError, match="memory for all that is on the GPU at once"), computing_by(EXACTLY, CUDA):
        gpu.run_out_of_memory()


EXACTLY = NumericPolicy()


class Driver:
    """libcuda, of a machine whose second GPU has another number."""

    def __init__(self, answer: int) -> None:
        self.calls: list[tuple[int, int]] = []
        self._answer = answer

    def cuDeviceGet(self, number, index: int) -> int:
        number._obj.value = 40 + index
        return 0

    def cuDevicePrimaryCtxSetFlags_v2(self, number, flags: int) -> int:
        self.calls.append((number.value, flags))
        return self._answer


def test_threads_sleep_while_they_wait_for_the_gpu_that_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, driver = stand_in(monkeypatch, devices=2), Driver(answer=0)
    sleep_while_waiting(torch.device("cuda:1"), driver)
    assert gpu.log == ["thread waits for default stream"]  # which makes the context
    assert driver.calls == [(41, 4)]


def test_a_driver_that_refuses_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    stand_in(monkeypatch)
    sleep_while_waiting(CUDA, Driver(answer=708))
    assert "will spin: the driver answered 708" in caplog.text


def test_a_run_and_a_measurement_hold_their_policy_from_before_the_first_lane_to_behind_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []

    @contextmanager
    def told(*what: object) -> Iterator[Callable[[], None]]:
        name = "policy" if isinstance(what[0], NumericPolicy) else "lane"
        log.append(f"{name} begins")
        yield lambda: None
        log.append(f"{name} ends")

    for module in (piece_line, measuring):
        monkeypatch.setattr(module, "computing_by", told)
        monkeypatch.setattr(module, "lane", told)
    folder = str(write_pictures(tmp_path / "pictures", 1))
    list(running.run(Experiment(folder, ("jpeg@50",), tasks=(), metrics=("psnr",), device="cpu")))
    measuring.measure_pairs(folder, folder, ["psnr"], device="cpu")
    for of_line in (log[:-4], log[-4:]):
        assert [of_line[0], of_line[-1]] == ["policy begins", "policy ends"]
        assert {"lane begins", "lane ends"} == set(of_line[1:-1])
