"""core/threads.py: one budget for the process, and a pool that lends helpers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core import threads
from ahc_stream.core.errors import InvalidValue
from ahc_stream.experiment import Experiment
from ahc_stream.running import run
from tests.pictures import write_pictures


@pytest.fixture
def four() -> Iterator[None]:
    """A budget of four, and what it was before."""
    before = threads.budget(), torch.get_num_threads()
    with threads.limited(4):
        yield
    assert (threads.budget(), torch.get_num_threads()) == before


@given(st.lists(st.integers(), max_size=40))
def test_results_come_in_the_order_of_the_things(things: list[int]):
    assert threads.spread(lambda thing: thing * 2, things) == [thing * 2 for thing in things]


def test_as_many_work_at_once_as_the_budget_has(four: None):
    barrier = threading.Barrier(4, timeout=20)
    threads.spread(lambda _: barrier.wait(), range(8))
    with pytest.raises(threading.BrokenBarrierError):
        five = threading.Barrier(5, timeout=0.2)
        threads.spread(lambda _: five.wait(), range(8))


def test_what_is_not_worth_a_thread_stays_in_the_callers(four: None):
    own = threading.get_ident()
    assert threads.worth_a_thread(32 * 32) == 64 and threads.worth_a_thread(1 << 20) == 1
    assert set(threads.spread(lambda _: threading.get_ident(), range(16), least=64)) == {own}


def test_work_that_is_spread_may_spread_its_own(four: None):
    def rows(row: int) -> list[int]:
        return threads.spread(lambda column: 10 * row + column, range(6))

    many = threads.spread(lambda block: threads.spread(rows, range(block, block + 6)), range(6))
    assert many[2][3][4] == 54


def test_the_first_error_is_raised_and_the_rest_is_left(four: None):
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.02 if number == 2 else 0.05)
        if number in (2, 3):
            raise ValueError(f"number {number}")

    with pytest.raises(ValueError, match="number 2"):
        threads.spread(work, range(100))
    assert len(begun) < 10


def test_the_budget_is_torchs_too(four: None):
    assert threads.budget() == torch.get_num_threads() == 4
    with threads.limited(0):
        assert threads.budget() == 4
    with threads.limited(2):
        assert threads.budget() == torch.get_num_threads() == 2
    with pytest.raises(InvalidValue, match="-1"), threads.limited(-1):
        pass


@pytest.mark.parametrize(
    ("text", "most"), [("max 100000", 1000), ("150000 100000", 2), ("1000 100000", 1), ("", 1000), ("a b", 1000)]
)
def test_a_containers_quota_counts(tmp_path: Path, text: str, most: int):
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    own = len(os.sched_getaffinity(0))
    assert threads.processors(quota) == min(own, most)
    assert threads.processors(tmp_path / "none") == own


def test_a_forked_child_has_a_pool_of_its_own(four: None):
    threads.spread(str, range(8))
    child = os.fork()
    if child == 0:
        os._exit(0 if threads.spread(str, range(3)) == ["0", "1", "2"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_as_much_is_done_aside_as_the_budget_has_threads_and_each_takes_one(four: None):
    barrier = threading.Barrier(4, timeout=20)

    def work() -> int:
        barrier.wait()
        return threads.budget()

    futures = [threads.aside(work) for _ in range(8)]
    assert [future.result() for future in futures] == [1] * 8


def test_an_error_aside_is_raised_where_the_result_is_asked_for():
    futures = [threads.aside(lambda number=number: 1 // number) for number in (1, 0, 2)]
    assert futures[0].result() == 1 and futures[2].result() == 0
    with pytest.raises(ZeroDivisionError):
        futures[1].result()


@given(st.integers(1, 40))
def test_shares_are_all_the_things_in_order(count: int):
    shares = threads.shares(count)
    assert [thing for share in shares for thing in range(count)[share]] == list(range(count))
    assert len(shares) == min(count, threads.budget())


@pytest.mark.parametrize("count", [3, 4])
def test_what_is_within_a_limit_may_set_torchs_threads_itself(four: None, count: int):
    """Also where the limit is what they were."""
    with threads.limited(count):
        torch.set_num_threads(2)
    assert torch.get_num_threads() == 4


@pytest.mark.parametrize("is_left", [False, True])
def test_a_runs_threads_end_with_it(tmp_path: Path, is_left: bool):
    """However it ends: a program that runs an experiment has its own threads afterwards."""
    before = threads.budget(), torch.get_num_threads()
    folder = write_pictures(tmp_path / "pictures", 2)
    rows = iter(run(Experiment(folder, codecs=["jpeg@50"], threads=before[0] + 1, device="cpu")))
    if is_left:
        next(rows)
        assert threads.budget() == torch.get_num_threads() == before[0] + 1
        rows.close()
    else:
        assert list(rows)
    assert (threads.budget(), torch.get_num_threads()) == before
