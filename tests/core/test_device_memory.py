"""core/device_memory.py: who may do with less memory, who must not, and what is told."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from types import SimpleNamespace

import pyarrow as pa
import pytest
import torch

from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.core import device_memory
from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.device_memory import (
    GIBIBYTE,
    HEADROOM,
    keep_headroom,
    memory_for,
    memory_for_all,
    take_notes,
    with_room,
)
from ahc_stream.core.errors import CodecError, DeviceError
from ahc_stream.core.task_session import FramewiseSession
from ahc_stream.metrics import METRICS, open_session
from ahc_stream.metrics.entry import Standalone
from ahc_stream.metrics.standalone import forget
from tests.cuda_standin import StandIn, stand_in

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    device_memory._watch_refusals.cache_clear()
    return stand_in(monkeypatch)


@pytest.fixture(autouse=True)
def no_notes() -> None:
    take_notes()


class Network:
    """A GPU has room for batches of so many frames."""

    def __init__(self, gpu: StandIn, room: int) -> None:
        self.gpu, self.room, self.tried = gpu, room, list[int]()

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        self.tried.append(len(batch))
        if len(batch) > self.room:
            self.gpu.run_out_of_memory()
        return batch * 2

    def over(self, frames: torch.Tensor) -> torch.Tensor:
        return in_fixed_batches(self, batch_size(CUDA, 1 << 30, frames.shape[1]), frames)


def test_what_does_not_fit_is_done_again_in_halves_with_the_same_result_and_is_told_once(gpu, caplog) -> None:
    network, frames = Network(gpu, room=4), torch.arange(20.0)[:, None]
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert torch.equal(with_room("task t", lambda: network.over(frames)), frames * 2)
    assert network.tried == [16, 8, 4, 4, 4, 4, 4] * 2
    (note,) = take_notes()
    assert note.startswith("task t: the GPU's memory was full") and "1/4 of their size" in note
    assert [record.getMessage() for record in caplog.records] == [note] and take_notes() == ()


def test_what_fits_is_done_once_and_nothing_is_told(gpu: StandIn) -> None:
    network = Network(gpu, room=16)
    with_room("task t", lambda: network.over(torch.zeros(3, 1)))
    assert network.tried == [16] and take_notes() == ()
    assert batch_size(CUDA, 1 << 30, 1) == 16  # and nothing stays


def test_where_one_frame_does_not_fit_the_error_says_what_to_do(gpu: StandIn) -> None:
    network = Network(gpu, room=0)
    with pytest.raises(DeviceError, match=r"memory for one frame of task t; got CUDA out of memory\.\. Run with fewer"):
        with_room("task t", lambda: network.over(torch.zeros(3, 1)))
    assert network.tried == [16, 8, 4, 2, 1]


def test_what_asks_for_no_batches_is_tried_once(gpu: StandIn) -> None:
    with pytest.raises(DeviceError, match="one frame of metrics"):
        with_room("metrics", gpu.run_out_of_memory)


def test_other_errors_come_out_as_they_are(gpu: StandIn) -> None:
    with pytest.raises(ZeroDivisionError):
        with_room("task t", lambda: 1 // 0)
    assert batch_size(CUDA, 1 << 30, 1) == 16


def test_a_task_that_looks_at_each_frame_alone_gets_its_room(gpu: StandIn) -> None:
    network = Network(gpu, room=8)
    clip = Clip(
        torch.zeros(2, 3, 4, 4, dtype=torch.uint8),
        tuple(FrameKey("d", "i", n) for n in range(2)),
        torch.zeros(2, dtype=torch.float64),
        consecutive=False,
    )

    def predict(clip: Clip) -> list[list[dict[str, float]]]:
        doubled = network.over(clip.frames[:, 0, 0, 0, None].float())
        return [[{"x": value}] for value in doubled.flatten().tolist()]

    task = SimpleNamespace(name="doubling", schema=pa.schema([]), predict=predict)
    assert FramewiseSession(task).push(clip, clip) == [[{"x": 0.0}], [{"x": 0.0}]]
    assert "task doubling" in take_notes()[0]


def test_a_metric_that_is_a_network_gets_its_room(gpu: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(gpu, room=2)

    def measure(reference: torch.Tensor, distorted: torch.Tensor) -> torch.Tensor:
        return network.over((reference - distorted).flatten(1)[:, :1].double()).flatten()

    metric = replace(METRICS["psnr"], name="narrow", computation=Standalone(lambda device: measure))
    monkeypatch.setitem(METRICS, "narrow", metric)
    frames = torch.full((3, 3, 8, 8), 5.0)
    values = open_session(["narrow"], consecutive=False, device=CPU).push(frames, torch.zeros_like(frames))
    assert values["narrow"].tolist() == [10.0] * 3
    assert network.tried[-1] == 2 and "metric narrow" in take_notes()[0]
    forget("narrow")


def test_a_codec_whose_library_made_do_with_less_memory_is_refused(gpu: StandIn) -> None:
    def plan_with_less() -> None:
        """What cuDNN does where the workspace of its first plan does not fit."""
        with pytest.raises(torch.OutOfMemoryError):
            gpu.run_out_of_memory()

    with pytest.raises(CodecError, match="memory for all that a learned codec computes"), memory_for_all(CUDA):
        plan_with_less()
    with pytest.raises(CodecError, match="sums would have another order"), fixed_arithmetic(CUDA):
        plan_with_less()
    with memory_for_all(CUDA):
        pass  # what is past is past


def test_a_codec_without_memory_is_an_error_of_ours_and_other_errors_come_first(gpu: StandIn) -> None:
    with pytest.raises(CodecError, match="out of memory"), memory_for_all(CUDA):
        gpu.run_out_of_memory()
    with pytest.raises(ZeroDivisionError), memory_for_all(CUDA):
        raise ZeroDivisionError


def test_what_another_lane_lacks_is_no_fault_of_a_codec(gpu: StandIn) -> None:
    def other_lane() -> None:
        with_room("task t", lambda: Network(gpu, room=4).over(torch.zeros(1, 1)))

    with memory_for_all(CUDA):
        thread = threading.Thread(target=other_lane)
        thread.start()
        thread.join()
    assert len(take_notes()) == 1


def test_what_may_not_be_done_again_is_an_error_of_ours_as_well(gpu: StandIn) -> None:
    with pytest.raises(DeviceError, match="memory for task video; got CUDA out of memory"), memory_for("task video"):
        gpu.run_out_of_memory()


def test_torch_leaves_room_for_what_is_outside_of_it(gpu: StandIn) -> None:
    gpu.free, gpu.reserved = 90 * GIBIBYTE, 10 * GIBIBYTE
    keep_headroom(CUDA)
    assert gpu.fraction * gpu.total == pytest.approx(100 * GIBIBYTE - HEADROOM)


def test_what_torch_kept_of_an_earlier_run_is_not_taken_for_somebody_elses(gpu: StandIn) -> None:
    gpu.free, gpu.reserved = 2 * GIBIBYTE, 98 * GIBIBYTE
    keep_headroom(CUDA)
    assert gpu.fraction * gpu.total == pytest.approx(100 * GIBIBYTE - HEADROOM)


def test_a_gpu_that_others_fill_is_refused_before_anything_runs(gpu: StandIn) -> None:
    gpu.free = GIBIBYTE
    with pytest.raises(DeviceError, match=r"more than 2\.0 GiB of free memory on cuda; got 1\.0 GiB"):
        keep_headroom(CUDA)
