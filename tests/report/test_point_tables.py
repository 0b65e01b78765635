"""Cells of the printed tables."""

from __future__ import annotations

import pytest

from ahc_stream.report.point_tables import Column


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
