"""What the starts of a manifest say together."""

from __future__ import annotations

from typing import Any

import pytest

from ahc_stream.runs.manifest import done_shards, is_whole

POINTS = [{"codec": "jpeg", "quality": 50.0, "options": ""}]
OTHERS = [{"codec": "jpeg", "quality": 90.0, "options": ""}]


def start(index: int, count: int, points: list[dict[str, Any]] = POINTS, ended: str = "done") -> dict[str, Any]:
    return {"shard": [index, count], "points": points, "ended": ended}


@pytest.mark.parametrize(
    "other", [start(1, 3), start(1, 2, OTHERS), start(1, 2, ended="interrupted"), start(1, 3, OTHERS)]
)
def test_a_run_is_whole_once_every_shard_of_one_count_is_done_at_the_same_points(other: dict[str, Any]) -> None:
    first, second = start(0, 2), start(1, 2)
    assert done_shards([first, other], POINTS, 2) == {0: first}
    assert done_shards([first, other, second], POINTS, 2) == {0: first, 1: second}
    assert not is_whole([other, first]) and is_whole([first, other, second])
    assert is_whole([start(0, 1)]) and not is_whole([])
