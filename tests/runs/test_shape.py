"""Shapes of JSON: the last value that fits and the first that does not, and where a fault is said to lie."""

from __future__ import annotations

from typing import Any

import pytest

from ahc_stream.runs.manifest_shape import START_NUMBER, TEXT_OR_NUMBER
from ahc_stream.runs.shape import FLAG, TEXT, Integer, ListOf, MapOf, Nullable, Number, Record, Shape, fault

PAIR = Record({"a": Integer(), "b": TEXT}, optional={"c": Integer()}, closed=True)


@pytest.mark.parametrize(
    ("shape", "fitting", "others"),
    [
        (TEXT, ["", "x"], [None, 1, True, []]),
        (FLAG, [True, False], [0, 1, "true", None]),
        (TEXT_OR_NUMBER, ["x", 1, 1.5], [True, None, []]),
        (Integer(), [0, 1, 2**63 - 1], [-1, 2**63, 1.0, True, "1", None]),
        (Integer(1, 3), [1, 3], [0, 4]),
        (START_NUMBER, [1, 2**31 - 1], [0, 2**31]),  # a column of int32
        (Number(), [0, -1e18, 1e18, 1.5], [-1.1e18, 1.1e18, float("nan"), float("inf"), True, "1", None]),
        (Number(0.0, 1.0), [0, 1, 0.5], [-0.01, 1.01]),
        (Nullable(TEXT), [None, "x"], [1]),
        (ListOf(Integer()), [[], [0], [0] * 9], [None, {}, "x", [-1], [0, "x"]]),
        (ListOf(Integer(), 2, 2), [[0, 0]], [[], [0], [0, 0, 0]]),
        (ListOf(Integer(), least=1), [[0], [0, 0]], [[]]),
        (MapOf(Integer()), [{}, {"x": 1}], [None, [], {"x": -1}]),
        (PAIR, [{"a": 1, "b": ""}, {"a": 1, "b": "", "c": 2}], [None, {"a": 1}, {"a": 1, "b": "", "d": 2}]),
        (Record({"a": TEXT}), [{"a": ""}, {"a": "", "z": 0}], [{}, {"z": 0}, {"a": 0}]),
    ],
)
def test_values_fit_or_do_not(shape: Shape, fitting: list[Any], others: list[Any]) -> None:
    assert [value for value in fitting if fault(value, shape) is not None] == []
    assert [value for value in others if fault(value, shape) is None] == []


@pytest.mark.parametrize(
    ("shape", "value", "words"),
    [
        (Integer(), -1, "all of it = -1, which is no whole number in [0, 9223372036854775807]"),
        (MapOf(ListOf(Integer(1, 3))), {"x": [1, 4]}, "x[1] = 4, which is no whole number in [1, 3]"),
        (Record({"a": MapOf(TEXT)}), {"a": {"b": 1}}, "a.b = 1, which is no text"),
        (Record({"a": PAIR}), {"a": {}}, "no a, b in a"),
        (PAIR, {}, "no a, b"),
        (PAIR, {"a": 1, "b": "", "d": 2}, "d, which has no meaning"),
        (ListOf(TEXT, 2, 2), [], "all of it = [], which is no list of 2"),
        (ListOf(TEXT, least=1), [], "all of it = [], which is no list of 1 or more"),
        (Integer(), "x" * 78, f"all of it = '{'x' * 78}', which is no whole number in [0, 9223372036854775807]"),
        (Integer(), "x" * 79, f"all of it = '{'x' * 79} ..., which is no whole number in [0, 9223372036854775807]"),
    ],
)
def test_a_fault_names_its_place_and_shows_the_beginning_of_its_value(shape: Shape, value: Any, words: str) -> None:
    assert fault(value, shape) == words
