"""A metric of two runs: over the frames where both are finite, and those left out are counted."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ahc_stream.report import analyse, compare, differences, print_comparison, write_comparison
from tests.report.runs import CURVES, ORIGINAL, write_run
from tests.report.test_page import data_of

POINTS = (ORIGINAL, CURVES[0])
Edit = Callable[[str, list[dict]], list[dict]]


def lossless(numbers: set[int], shift: float = 0.0, missing: int = -1) -> Edit:
    """The items of these numbers are identical, the others better by `shift` dB; one has no value."""

    def edit(table: str, rows: list[dict]) -> list[dict]:
        for row in rows if table == "frames" else ():
            number = int(row["item"].split()[1])
            row["psnr"] = float("inf") if number in numbers else row["psnr"] + shift
            row["psnr"] = None if number == missing else row["psnr"]
        return rows

    return edit


def compared(tmp_path: Path, one: Edit, other: Edit, items: int = 12) -> dict:
    runs = compare(
        analyse(write_run(tmp_path / "one", POINTS, items=items, edit=one)),
        analyse(write_run(tmp_path / "other", POINTS, items=items, edit=other)),
    )
    rows = differences(runs).to_pylist()
    return next(row for row in rows if (row["point"], row["quantity"]) == ("jpeg@5", "psnr"))


def test_a_better_run_that_loses_nothing_on_easy_frames_is_better(tmp_path: Path) -> None:
    """Means over each run's own finite frames would say that it lost: its easiest frames are gone from one of them."""
    plain = analyse(write_run(tmp_path / "plain", POINTS, items=12)).frames.to_pylist()
    psnr = {int(row["item"].split()[1]): row["psnr"] for row in plain if row["codec"] == "jpeg"}
    easiest = set(sorted(psnr, key=lambda number: -psnr[number])[:6])
    row = compared(tmp_path, lossless(set()), lossless(easiest, shift=0.5))
    shared = [psnr[number] for number in psnr if number not in easiest]
    assert row["one"] == pytest.approx(np.mean(shared)) and row["difference"] == pytest.approx(0.5)
    assert (row["one_infinite"], row["other_infinite"], row["left_out"]) == (0, 6, 6)
    assert np.mean(shared) + 0.5 < np.mean(list(psnr.values()))  # what the own means would have said
    assert row["low"] == pytest.approx(0.5) == row["high"]


def test_a_frame_is_left_out_once_whichever_side_is_infinite_or_undefined(tmp_path: Path) -> None:
    row = compared(tmp_path, lossless({0, 1, 2}), lossless({2, 3}, shift=1.0, missing=5))
    assert (row["one_infinite"], row["other_infinite"], row["left_out"]) == (3, 2, 5)
    assert row["difference"] == pytest.approx(1.0)


@pytest.mark.parametrize("numbers", [set(range(6)), set(range(12))])
def test_where_no_frame_is_finite_in_both_there_is_no_difference(tmp_path: Path, numbers: set[int]) -> None:
    with pytest.raises(StopIteration):
        compared(tmp_path, lossless(numbers), lossless(set(range(12)) - numbers | {0, 1, 2, 3, 4, 5}, shift=1.0))


def test_runs_that_finished_other_items_are_compared_over_the_frames_of_both(tmp_path: Path) -> None:
    def without_the_last(table: str, rows: list[dict]) -> list[dict]:
        kept = [row for row in rows if int(row["item"].split()[1]) < 9]
        return lossless({1}, shift=2.0)(table, kept)

    one = analyse(write_run(tmp_path / "one", POINTS, items=12))
    runs = compare(one, analyse(write_run(tmp_path / "other", POINTS, items=12, edit=without_the_last)))
    (row,) = (r for r in differences(runs).to_pylist() if (r["point"], r["quantity"]) == ("jpeg@5", "psnr"))
    assert row["difference"] == pytest.approx(2.0) and row["left_out"] == 1 and row["low"] is None
    notes = data_of(write_comparison(runs, tmp_path / "page"))["notes"]
    assert any("over the frames that both have" in text for _, text in notes)


def test_what_is_left_out_is_printed_by_point(tmp_path: Path) -> None:
    def edit(table: str, rows: list[dict]) -> list[dict]:
        return lossless({0, 1})(table, rows) if rows[0]["quality"] == 20 else rows

    points = (ORIGINAL, *CURVES[:2])
    one = analyse(write_run(tmp_path / "one", points, items=12))
    runs = compare(one, analyse(write_run(tmp_path / "other", points, items=12, edit=edit)))
    page = StringIO()
    print_comparison(runs, Console(file=page, width=200))
    assert (
        "psnr is compared over the frames where it is finite in both runs: 2 frames are left out at jpeg@20"
        in " ".join(page.getvalue().split())
    )
