"""The CPU loops: equal to the float64 definition, the same bits on every run, nothing read that was not written."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from torch import Tensor

from ahc_stream.core.threads import torch_threads
from ahc_stream.kernels import quality_cpu
from ahc_stream.kernels._native import pixel_variants
from ahc_stream.kernels.quality import Statistics
from ahc_stream.kernels.quality_cpu import statistics
from tests.metrics.agreement import CASES, EVERYTHING, assert_agrees, with_fractions
from tests.metrics.frames import strided, textured


@pytest.mark.parametrize("case", CASES)
def test_bytes_agree_with_the_definition(case: str) -> None:
    assert_agrees(statistics, case, CASES[case][0]())


@pytest.mark.parametrize("case", ["textured", "one pixel", "one pixel wide", "smallest for ssim", "half flat"])
def test_floats_agree_with_the_definition(case: str) -> None:
    assert_agrees(statistics, case, with_fractions(CASES[case][0]()))


def test_strided_floats_agree_with_the_definition() -> None:
    assert_agrees(statistics, "textured", strided(*with_fractions(CASES["textured"][0]())))


def test_sums_of_bytes_are_exact() -> None:
    x, y = textured(2, 301, 513)
    difference = (x.long() - y.long()).flatten(1)
    sums = torch.stack([difference.square().sum(1), difference.abs().sum(1)], 1)
    assert torch.equal(statistics(x, y, EVERYTHING).error, sums.double() / difference.shape[1])


def test_memory_layout_changes_no_bit() -> None:
    pair = textured(2, 165, 300)
    last = tuple(frames.contiguous(memory_format=torch.channels_last) for frames in pair)
    assert_same(statistics(*pair, EVERYTHING), statistics(*strided(*pair), EVERYTHING))
    assert_same(statistics(*pair, EVERYTHING), statistics(*last, EVERYTHING))


def test_the_number_of_threads_changes_no_bit() -> None:
    pair = textured(2, 211, 397)
    results = []
    for count in (1, 2, 5):
        with torch_threads(count):
            results += [statistics(*pair, EVERYTHING) for _ in range(2)]
    for result in results[1:]:
        assert_same(results[0], result)


def test_the_size_of_the_groups_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = textured(3, 165, 190)
    whole = statistics(*pair, EVERYTHING)
    monkeypatch.setattr(quality_cpu, "_PYRAMID_FLOATS", 1)
    assert_same(whole, statistics(*pair, EVERYTHING))


def test_callers_on_several_threads_do_not_disturb_each_other() -> None:
    pairs = [textured(2, 165, 200 + 10 * seed, seed=seed) for seed in range(3)]
    alone = [statistics(*pair, EVERYTHING) for pair in pairs]
    together: list[Statistics | None] = [None] * len(pairs)

    def caller(index: int) -> None:
        for _ in range(5):
            together[index] = statistics(*pairs[index], EVERYTHING)

    callers = [threading.Thread(target=caller, args=(index,)) for index in range(len(pairs))]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    for index, result in enumerate(together):
        assert result is not None
        assert_same(alone[index], result)


def test_unwritten_results_are_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = textured(2, 177, 211)
    expected = statistics(*pair, EVERYTHING)
    monkeypatch.setattr(np, "empty", lambda shape, dtype=float: np.full(shape, np.nan, dtype))
    assert_same(expected, statistics(*pair, EVERYTHING))


@pytest.mark.parametrize("variant", range(1, len(pixel_variants())))
@pytest.mark.parametrize("size", [(1, 1), (11, 300), (41, 43), (211, 397)])
def test_the_instruction_set_changes_no_bit(variant: int, size: tuple[int, int]) -> None:
    for pair in (textured(2, *size), with_fractions(textured(2, *size)), strided(*textured(2, *size))):
        assert_same(by_variant(0, *pair), by_variant(variant, *pair))


def by_variant(variant: int, x: Tensor, y: Tensor) -> Statistics:
    pair = x.numpy(), y.numpy()
    parts = (
        quality_cpu.error(*pair, variant),
        quality_cpu.colour(*pair, variant),
        quality_cpu.ssim(*pair, 5, variant),
        quality_cpu.vif(*pair, variant),
    )
    return Statistics(*map(torch.from_numpy, parts))


def test_the_layout_of_floats_changes_no_bit() -> None:
    pair = with_fractions(textured(2, 165, 300))
    assert_same(statistics(*pair, EVERYTHING), statistics(*strided(*pair), EVERYTHING))


def test_a_frame_is_the_same_alone_and_in_a_batch() -> None:
    x, y = textured(3, 170, 181)
    together = statistics(x, y, EVERYTHING)
    alone = [statistics(x[i : i + 1], y[i : i + 1], EVERYTHING) for i in range(3)]
    assert_same(together, Statistics(*(torch.cat(parts) for parts in zip(*alone, strict=True))))


def test_channels_that_are_one_plane_in_memory_are_taken() -> None:
    x, y = (frames[:, :1].expand(-1, 3, -1, -1) for frames in textured(1, 165, 180))
    assert_same(statistics(x, y, EVERYTHING), statistics(x.contiguous(), y.contiguous(), EVERYTHING))


def test_a_nan_pixel_makes_its_frame_nan_and_no_other() -> None:
    x, y = (frames.float() for frames in textured(2, 45, 50))
    y[1, 1, 20, 20] = torch.nan
    request = EVERYTHING._replace(ssim_scales=1)
    for part in statistics(x, y, request):
        assert part is not None and part.flatten(1).isnan().any(1).tolist() == [False, True]


def test_arrays_that_are_no_pair_of_frames_are_refused() -> None:
    frames = np.zeros((1, 3, 8, 8), np.uint8)
    for x, y in [(frames, frames[:, :, :7]), (frames, frames.astype(np.float32)), (frames.astype(np.int16),) * 2]:
        with pytest.raises(ValueError, match="frames of"):
            quality_cpu.error(x, y)


def test_the_first_six_metrics_of_a_process_compile_nothing_and_import_no_compiler() -> None:
    code = """
import sys, time, torch
frames = torch.arange(2 * 3 * 180 * 190).remainder(251).to(torch.uint8).view(2, 3, 180, 190)
begun = time.process_time()
from ahc_stream.metrics import PROFILES, measure
measure(frames, 255 - frames, PROFILES["standard"].metrics)
assert not {"numba", "llvmlite", "triton"} & (set(sys.modules) - before), "a compiler was imported"
print(time.process_time() - begun)
""".replace("begun =", "before = set(sys.modules); begun =")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.0  # seconds of a processor; 20 when loops were compiled at first use


def assert_same(one: Statistics, other: Statistics) -> None:
    for a, b in zip(one, other, strict=True):
        assert a is not None and b is not None
        assert np.array_equal(a.numpy().view(np.int64), b.numpy().view(np.int64))
