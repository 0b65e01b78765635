"""The CPU loops: equal to the float64 definition, the same bits on every run, nothing read that was not written."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ahc_stream.kernels import compiled, ssim_cpu, threads, vif_cpu
from ahc_stream.kernels.quality import Statistics
from ahc_stream.kernels.quality_cpu import statistics
from tests.metrics.agreement import CASES, EVERYTHING, assert_agrees, with_fractions
from tests.metrics.frames import strided, textured


@pytest.fixture
def thread_count() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


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


def test_the_number_of_threads_changes_no_bit(thread_count: None) -> None:
    pair = textured(2, 211, 397)
    results = []
    for count in (1, 2, 5):
        torch.set_num_threads(count)
        results += [statistics(*pair, EVERYTHING) for _ in range(2)]
    for result in results[1:]:
        assert_same(results[0], result)


def test_the_size_of_the_groups_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = textured(3, 165, 190)
    whole = statistics(*pair, EVERYTHING)
    for module in (ssim_cpu, vif_cpu):
        monkeypatch.setattr(module, "_PYRAMID_FLOATS", 1)
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


def test_unwritten_memory_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = textured(2, 177, 211)
    expected = statistics(*pair, EVERYTHING)
    monkeypatch.setattr(np, "empty", lambda shape, dtype=float: np.full(shape, np.nan, dtype))
    monkeypatch.setattr(threads, "_memory", threading.local())  # memory of earlier calls would hide it
    monkeypatch.setattr(threads, "spread", lambda work, tasks, least=1: work(0, tasks))
    assert_same(expected, statistics(*pair, EVERYTHING))


def test_where_no_cache_folder_can_be_written_loops_are_compiled_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setattr(compiled, "_cache_root", lambda: blocked)
    compiled._cache_folder.cache_clear()
    try:
        assert compiled._cache_folder() is None
        assert compiled.compiled(lambda value: value + 1)(1) == 2
    finally:
        compiled._cache_folder.cache_clear()


def test_a_forked_child_has_threads_of_its_own() -> None:
    done = np.zeros(64, np.int64)

    def work(start: int, stop: int) -> None:
        done[start:stop] += 1

    threads.spread(work, 64)
    child = os.fork()
    if child == 0:
        threads.spread(work, 64)
        os._exit(0 if (done == 2).all() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_failing_task_is_raised_after_every_thread_has_stopped(thread_count: None) -> None:
    torch.set_num_threads(2)

    def work(start: int, stop: int) -> None:
        if start > 0:
            raise RuntimeError("task failed")

    with pytest.raises(RuntimeError, match="task failed"):
        threads.spread(work, 64)


def test_the_polynomial_logarithm_is_as_good_as_float32() -> None:
    values = np.concatenate([1 + np.logspace(-7, 4, 20001), [1.0, 1.5, 2.0, 3e4]]).astype(np.float32)
    log2 = compiled.compiled(lambda value: vif_cpu._log2(value))
    ours = np.array([log2(value) for value in values])
    np.testing.assert_allclose(ours, np.log2(values.astype(np.float64)), rtol=1e-7, atol=2e-7)
    assert np.isnan(log2(np.float32(np.nan)))


def assert_same(one: Statistics, other: Statistics) -> None:
    for a, b in zip(one, other, strict=True):
        assert a is not None and b is not None
        assert np.array_equal(a.numpy().view(np.int64), b.numpy().view(np.int64))
