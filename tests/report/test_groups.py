"""Changes unit by unit, against the outcomes that they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.report import analyse, by_item
from ahc_stream.report.groups import outcome_names, unit_changes
from tests.report.runs import ORIGINAL, At, write_run

BAD = At("jpeg", 5.0, 0.2, 24.0, 0.3)


def test_the_most_changed_units_come_first_and_those_that_one_of_both_lacks_are_left_out(tmp_path: Path) -> None:
    def halves(table: str, rows: list[dict]) -> list[dict]:
        low, high = ("item 00", "item 15") if rows[0]["codec"] == "identity" else ("item 05", "item 20")
        return [row for row in rows if low <= row["item"] < high]

    analysis = analyse(write_run(tmp_path, (ORIGINAL, BAD), items=20, labels=True, edit=halves))
    coded = next(dot for dot in analysis.dots if not dot.is_original)
    tables = [dot.scored["classification"].outcomes for dot in (analysis.original, coded)]
    before, after = ({row["item"]: row for row in table.to_pylist()} for table in tables)
    changes = unit_changes(analysis, "classification", coded)
    shared = {f"item {number:02d}" for number in range(5, 15)}
    assert {change.item for change in changes} == shared == before.keys() & after.keys()
    names = outcome_names(tables[0])
    for change in changes:
        one, other = before[change.item], after[change.item]
        assert (change.outcome, change.before, change.after) == (names[0], one[names[0]], other[names[0]])
        assert change.size == pytest.approx([abs(other[name] - one[name]) for name in names])
    sizes = [change.size for change in changes]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 1
    rows = by_item(analysis, "classification").to_pylist()
    assert {row["item"] for row in rows} == shared
    for row in rows:
        assert (row["before"], row["after"]) == (before[row["item"]]["correct"], after[row["item"]]["correct"])
        assert row["change"] == row["after"] - row["before"]


def test_without_the_original_or_without_scores_there_are_none(tmp_path: Path) -> None:
    alone = analyse(write_run(tmp_path / "alone", (BAD,)))
    assert unit_changes(alone, "classification", alone.dots[0]) == []
    assert by_item(alone, "classification").num_rows == 0
    unscored = analyse(write_run(tmp_path / "unscored", (ORIGINAL, BAD), task=False))
    assert unit_changes(unscored, "classification", unscored.dots[1]) == []
    assert by_item(unscored, "classification").num_rows == 0
