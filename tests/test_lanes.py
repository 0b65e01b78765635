"""The line with integers only: results, backpressure, errors, early close, loads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.lanes import End, Line, Load, Stage, bottleneck, most_alive

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


def tens(n: int) -> int:
    return n // 10


def summing() -> Iterable:
    """A step that remembers: at a key's end it gives the key, and the items in the order in which they came."""
    seen: dict[int, list[int]] = {}

    def step(item: int | End) -> Iterable:
        if isinstance(item, End):
            yield item.key, threading.current_thread().name, seen.pop(item.key)
        else:
            seen.setdefault(tens(item), []).append(item)

    return step


def interleaved(lengths: list[int], order: list[int]) -> Iterable:
    """Items 10k, 10k + 1 ... of each key k, and its end, by turns as `order` has it."""
    left = {key: [*range(10 * key, 10 * key + length), End(key, None)] for key, length in enumerate(lengths)}
    for pick in order:
        if left:
            key = sorted(left)[pick % len(left)]
            yield left[key].pop(0)
            if not left[key]:
                del left[key]
    for rest in left.values():
        yield from rest


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=12),
    st.lists(st.integers(0, 99), max_size=40),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_items_of_a_key_stay_together_and_in_order(
    lengths: list[int], order: list[int], lanes: int, depth: int, in_front: int
) -> None:
    """More keys than lanes, full channels, ends that come early: nothing is lost, parted or locked."""
    stages = [
        stage("a", lambda n: [n], 1, depth),
        Stage("b", lambda: lambda n: [n], in_front, depth, key=tens),
        Stage("c", summing, lanes, depth, key=tens),
    ]
    sums = list(Line(interleaved(lengths, order), stages))
    assert sorted((key, items) for key, _, items in sums) == [
        (key, list(range(10 * key, 10 * key + length))) for key, length in enumerate(lengths)
    ]


def test_keys_spread_over_the_lanes() -> None:
    source = [n for start in range(3) for n in range(start, 60, 10)]  # six keys, by turns
    ends = [End(key, None) for key in range(6)]
    stages = [stage("a", lambda n: [n]), Stage("b", summing, lanes=6, key=tens)]
    assert len({lane for _, lane, _ in Line([*source, *ends], stages)}) == 6


def test_items_without_a_key_go_to_any_lane_that_is_free() -> None:
    held = threading.Event()

    def make():
        def step(n: int) -> Iterable:
            if n == 0:
                held.wait(10)
            if n == 5:
                held.set()
            yield n

        return step

    stages = [stage("a", lambda n: [n]), Stage("b", make, lanes=2, depth=1, key=lambda n: None)]
    assert sorted(Line(range(6), stages)) == list(range(6))


def test_a_full_lane_holds_back_what_is_in_front_and_memory_stays_bounded() -> None:
    drawn: list[int] = []
    stages = [
        stage("a", lambda n: [n], depth=1),
        Stage("b", lambda: lambda n: [n], lanes=3, depth=1, key=lambda n: 0),
    ]
    for result in Line((drawn.append(n) or n for n in range(200)), stages):
        time.sleep(0.005)
        assert len(drawn) - result <= most_alive(stages)
        if result == 20:
            break


def test_an_error_in_a_lane_with_keys_stops_the_line() -> None:
    def fail(n: int) -> Iterable:
        if n == 13:
            raise OSError("boom")
        yield n

    stages = [stage("a", lambda n: [n]), Stage("b", lambda: fail, lanes=3, depth=1, key=tens)]
    with pytest.raises(OSError, match="boom"):
        list(Line(range(1000), stages))
    assert lane_threads() == []
