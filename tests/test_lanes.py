"""The line with integers only: results, backpressure, errors, early close, loads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import contextmanager

import pytest

from ahc_stream.lanes import Line, Load, Stage, bottleneck, most_alive

pytestmark = pytest.mark.timeout(20)


def stage(name: str, step, lanes: int = 1, depth: int = 2) -> Stage:
    return Stage(name, lambda: step, lanes, depth)


def triple(n: int) -> Iterable[int]:
    yield from (n, n + 100, n + 200)


def drop_odd(n: int) -> Iterable[int]:
    return [n] if n % 2 == 0 else []


def lane_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith(("a-", "b-", "c-"))]


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("depth", [1, 4])
def test_any_number_of_lanes_gives_what_one_gives(lanes: int, depth: int) -> None:
    line = Line(range(50), [stage("a", triple, lanes, depth), stage("b", drop_odd, lanes, depth)])
    assert sorted(line) == sorted(m for n in range(50) for m in triple(n) if m % 2 == 0)


def test_one_lane_keeps_the_order() -> None:
    line = Line(range(20), [stage("a", triple), stage("b", lambda n: [n])])
    assert list(line) == [m for n in range(20) for m in triple(n)]


def test_an_empty_source_ends_at_once() -> None:
    assert list(Line([], [stage("a", triple, 3)])) == []


def test_make_is_called_once_per_lane_and_in_its_thread() -> None:
    made: list[str] = []

    def make():
        made.append(threading.current_thread().name)
        return lambda n: [n]

    list(Line(range(9), [Stage("a", make, lanes=3)]))
    assert sorted(made) == ["a-0", "a-1", "a-2"]


def test_a_slow_consumer_holds_the_source_back() -> None:
    drawn: list[int] = []
    stages = [stage("a", lambda n: [n], depth=2), stage("b", lambda n: [n], depth=1)]
    line = Line((drawn.append(n) or n for n in range(1000)), stages)
    for result in line:
        time.sleep(0.02)
        assert len(drawn) - result <= most_alive(stages)
        if result == 10:
            break


@pytest.mark.parametrize("where", ["source", "make", "step", "late step"])
def test_the_first_error_stops_all_lanes_and_reaches_the_caller(where: str) -> None:
    def source():
        yield from range(5)
        if where == "source":
            raise OSError("boom")
        yield from range(5, 1000)

    def make():
        if where == "make":
            raise OSError("boom")
        return lambda n: [n]

    def fail_at_seven(n: int):
        if n == 7 and "step" in where:
            raise OSError("boom")
        return [n]

    steps = [Stage("a", make, lanes=2), stage("b", fail_at_seven, lanes=2)]
    if where == "late step":
        steps.insert(1, stage("c", lambda n: [n], lanes=2, depth=1))
    with pytest.raises(OSError, match="boom") as caught:
        list(Line(source(), steps, label=lambda n: f"item {n}"))
    assert lane_threads() == []
    if "step" in where:
        assert "while stage 'b' had item 7" in caught.value.__notes__


def test_leaving_the_loop_joins_every_thread_even_when_channels_are_full() -> None:
    line = Line(iter(int, 1), [stage("a", lambda n: [n], 3, 1), stage("b", lambda n: [n], 3, 1)])
    iterator = iter(line)
    next(iterator)
    iterator.close()
    assert lane_threads() == []


def test_close_ends_an_infinite_line_from_another_thread() -> None:
    line = Line(iter(int, 1), [stage("a", lambda n: [n])])
    threading.Timer(0.1, line.close).start()
    assert all(n == 0 for n in line)


def test_the_fence_is_called_before_each_item_is_handed_on_and_after_the_last() -> None:
    calls: list[str] = []

    @contextmanager
    def lane():
        calls.append("enter")
        yield lambda: calls.append("fence")
        calls.append("leave")

    def step(n: int):
        calls.append("out")
        yield n
        calls.append("tail")

    list(Line([1, 2], [Stage("a", lambda: step)], lane=lane))
    one = ["out", "fence", "tail", "fence"]
    assert calls == ["enter", *one, *one, "leave"]


def test_loads_tell_busy_from_starved_from_blocked() -> None:
    def slow(n: int):
        time.sleep(0.02)
        return [n]

    line = Line(range(20), [stage("a", lambda n: [n], depth=1), stage("b", slow, depth=1), stage("c", lambda n: [n])])
    list(line)
    loads = line.loads
    assert bottleneck(loads) == "b" and loads["b"].busy > 0.35 and loads["b"].items == 20
    assert loads["a"].blocked > 0.2 and loads["c"].starved > 0.2 and loads["sink"].starved > 0.2


def test_a_stage_that_finishes_early_is_not_the_bottleneck() -> None:
    def slow(n: int):
        time.sleep(0.05)
        return [n]

    line = Line([1], [stage("a", slow), stage("b", lambda n: [n] * 4), stage("c", slow)])
    list(line)
    assert bottleneck(line.loads) == "c" and line.loads["a"].busy_share < 0.5


def test_loads_add_up_field_by_field() -> None:
    assert Load(1, 2, 3, 4, 5) + Load(1, 1, 1, 1, 1) == Load(2, 3, 4, 5, 6)
    assert Load().busy_share == 0.0 and Load(9, 1, 1, 2).busy_share == 0.25


def test_an_item_is_let_go_once_it_is_handed_on() -> None:
    import weakref

    class Item:
        pass

    alive: list[weakref.ref] = []

    def source():
        for _ in range(30):
            item = Item()
            alive.append(weakref.ref(item))
            yield item
            del item

    most = 0
    stages = [stage("a", lambda item: [item], depth=1), stage("b", lambda item: [1], depth=1)]
    for _ in Line(source(), stages):
        most = max(most, sum(ref() is not None for ref in alive))
    assert most <= most_alive(stages)
