"""What became of each unit, by hand."""

from __future__ import annotations

import pyarrow as pa

from ahc_stream.tasks.changes import compare


def outcomes(**correct: int) -> pa.Table:
    rows = [{"dataset": "d", "item": item, "frame": 0, "correct": float(value)} for item, value in correct.items()]
    return pa.Table.from_pylist(rows)


def test_units_are_compared_by_name_and_not_by_place():
    counts = compare(outcomes(a=0, b=1, c=1, d=0, e=0), outcomes(e=0, d=1, c=0, b=1, a=1))
    assert counts == {"improved": 2, "worsened": 1, "unchanged": 2, "unchanged_right": 1, "unchanged_wrong": 1}


def test_a_unit_that_one_table_lacks_is_in_no_count():
    counts = compare(outcomes(a=1, b=0), outcomes(b=1, c=1))
    assert counts == {"improved": 1, "worsened": 0, "unchanged": 0, "unchanged_right": 0, "unchanged_wrong": 0}


def test_outcomes_without_right_and_wrong_have_no_counts():
    table = pa.table({"dataset": ["d"], "item": ["a"], "frame": [0], "ap": [0.5]})
    assert compare(table, table) == {}
