"""The page of recorded benchmarks is what the records make, and a record that is not one is refused by its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.loading import load_tool

results_page = load_tool("results_page")
ROW = {
    "name": "a row", "unit": "ms", "ours": 2.0, "peer": 6.0, "peer_name": "a peer", "ratio": 3.0, "goal": 2.0,
    "target": None, "met": True, "bound_share": 0.5,
}  # fmt: skip
RECORD = {"benchmark": "edges", "date": "2026-11-30", "hardware": "a machine", "commit": "1" * 40, "rows": [ROW]}


def written(folder: Path, *records: Any) -> Path:
    path = folder / "edges.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def test_the_committed_page_is_what_the_records_make():
    assert results_page.TARGET.read_text() == results_page.page(), "run: make results-page"


def test_a_row_has_ratio_peer_goal_day_commit_and_hardware(tmp_path: Path):
    *_, where, _, _, _, line, _ = results_page.section(written(tmp_path, RECORD))

    assert where == "**2026-11-30, commit `1111111`, a machine**"
    assert line == "| a row | 2.00 ms | 6.00, a peer | 3.00 x | 2 x, met | 50 % |"


def test_a_newer_row_takes_the_place_of_an_older_one_on_the_same_machine_only(tmp_path: Path):
    newer = RECORD | {"rows": [ROW | {"ours": 1.0, "ratio": 6.0}]}
    elsewhere = RECORD | {"hardware": "another"}

    rows = results_page.newest(results_page.records(written(tmp_path, RECORD, elsewhere, newer)))

    assert [(row.hardware, row.row["ours"]) for row in rows] == [("a machine", 1.0), ("another", 2.0)]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (RECORD | {"benchmark": "line"}, "expected the benchmark edges"),
        (RECORD | {"date": "30.11.2026"}, "expected a date"),
        (RECORD | {"commit": "main"}, "expected a commit"),
        (RECORD | {"rows": []}, "expected rows"),
        (RECORD | {"load": 3}, "expected the keys"),
        (RECORD | {"hardware": None}, "expected str for hardware"),
        ([RECORD], "expected the keys"),
        (RECORD | {"rows": [ROW | {"ratio": 3.1}]}, "has a ratio of 3.1"),
        (RECORD | {"rows": [ROW | {"ratio": None}]}, "has a ratio of None"),
        (RECORD | {"rows": [ROW | {"peer": None}]}, "has a ratio of 3.0"),
        (RECORD | {"rows": [ROW | {"ours": "2"}]}, "another type for ours"),
        (RECORD | {"rows": [ROW | {"goal": True}]}, "another type for goal"),
        (RECORD | {"rows": [ROW | {"ours": 0.0}]}, "expected figures above 0"),
        (RECORD | {"rows": [ROW | {"note": ""}]}, "expected rows with the keys"),
    ],
)
def test_what_the_harness_does_not_write_is_refused_with_its_line(tmp_path: Path, record: Any, said: str):
    with pytest.raises(results_page.BadRecord, match=f"edges.jsonl, line 2: .*{said}"):
        results_page.records(written(tmp_path, RECORD, record))


def test_what_is_no_json_is_refused(tmp_path: Path):
    path = written(tmp_path, RECORD)
    path.write_text(path.read_text() + "{\n")

    with pytest.raises(results_page.BadRecord, match="line 2: expected one JSON object"):
        results_page.records(path)


def test_records_of_no_benchmark_are_refused(tmp_path: Path):
    path = tmp_path / "nothing.jsonl"
    path.write_text("")

    with pytest.raises(results_page.BadRecord, match=r"expected a program benchmarks/nothing\.py"):
        results_page.section(path)


@pytest.mark.parametrize(
    ("value", "text"), [(0.00041255, "4.13e-04"), (0.0159, "0.0159"), (2.0, "2.00"), (99.6, "99.6"), (1753.5, "1,750")]
)
def test_figures_have_three_digits(value: float, text: str):
    assert results_page.figure(value) == text
