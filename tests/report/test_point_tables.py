"""Cells of the printed tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import runs
from ahc_stream.report.point_tables import Column, point_tables
from ahc_stream.report.points import point_rows
from tests.report.runs import write_run


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (None, False, "-"),
        (7, False, "7"),
        (7, True, "7"),
        (0.125, False, "0.12"),
        (0.5, True, "+0.50"),
        (-0.5, True, "-0.50"),
        (-0.5, False, "-0.50"),
    ],
)
def test_a_change_has_its_sign_a_count_no_decimals_and_what_is_not_known_a_dash(value, signed: bool, text: str) -> None:
    assert Column("x", "x", 2, signed).text({"x": value}) == text
    assert Column("absent", "x", 2, signed).text({"x": value}) == "-"


def test_rates_and_the_leading_metric_stay_longest_then_metrics_and_times_go_first(tmp_path: Path) -> None:
    run = runs.open(write_run(tmp_path, items=3, video=True))
    table = point_tables(run, *point_rows(run, "auto")).tables[0]
    ranks = dict(zip(table.headings, table.ranks, strict=True))
    assert ranks["bpp"] == ranks["psnr"] == 0 < ranks["kbit_s"] < ranks["mse"] < ranks["encode_fps"]
