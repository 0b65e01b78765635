"""The simulator of the line, held to the line itself: stages that sleep, on a resource of so many units."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ahc_stream import lanes
from tests.tools.loading import load_tool

tool = load_tool("simulate_line")
TICK = 0.004
ITEMS = 30
LINES = [
    pytest.param([(1, 1), (3, 1), (1, 1)], {"gpu": 1}, id="one lane each, one resource"),
    pytest.param([(2, 1), (4, 3), (1, 1)], {"gpu": 2}, id="lanes wait for the units of a resource"),
    pytest.param([(1, 2), (6, 3), (3, 2)], {"gpu": 8}, id="lanes are what bounds it"),
    pytest.param([(5, 1), (1, 1), (1, 1)], {"gpu": 3}, id="the first stage is the slowest"),
]


@pytest.mark.parametrize(("costs", "capacities"), LINES)
def test_it_predicts_the_line_within_15_percent(costs: list[tuple[int, int]], capacities: dict[str, int]) -> None:
    stages = [
        tool.Stage(f"stage{number}", (tool.Work("gpu", ticks * TICK),), count)
        for number, (ticks, count) in enumerate(costs)
    ]
    predicted = tool.simulate(stages, capacities, ITEMS).seconds
    seconds = min(slept(costs, capacities["gpu"]) for _ in range(2))  # other programs only ever add to it
    assert seconds == pytest.approx(predicted, rel=0.15)


def slept(costs: list[tuple[int, int]], units: int) -> float:
    """Seconds of a real line whose work is sleep."""
    free = threading.Semaphore(units)

    def stage(number: int, ticks: int, count: int) -> lanes.Stage:
        def step(item: int) -> Iterator[int]:
            with free:
                time.sleep(ticks * TICK)
            yield item

        return lanes.Stage(f"stage{number}", lambda: step, count)

    begun = time.perf_counter()
    line = lanes.Line(range(ITEMS), [stage(number, *cost) for number, cost in enumerate(costs)])
    assert sorted(line) == list(range(ITEMS))
    return time.perf_counter() - begun


def test_shares_are_of_units_and_of_lanes() -> None:
    stages = [tool.Stage("a", (tool.Work("cpu", 1.0),), 1), tool.Stage("b", (tool.Work("gpu", 4.0),), 2)]
    outcome = tool.simulate(stages, {"cpu": 2, "gpu": 1}, 10)
    assert outcome.seconds == pytest.approx(41)  # one second until the first item, then the GPU is never idle
    assert outcome.busy == pytest.approx({"cpu": 10 / 82, "gpu": 40 / 41}) and outcome.bottleneck == "gpu"


def test_a_full_channel_holds_back_what_is_in_front() -> None:
    stages = [tool.Stage("fast", (tool.Work("cpu", 1.0),), 1, depth=1), tool.Stage("slow", (tool.Work("gpu", 9.0),), 1)]
    outcome = tool.simulate(stages, {"cpu": 1, "gpu": 1}, 5)
    assert outcome.seconds == pytest.approx(1 + 5 * 9) and outcome.stages["fast"] == pytest.approx(5 / 46)
