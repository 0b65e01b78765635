"""How a player is asked to show frames, as values of a header."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ahc_stream.core.presentation import PLAIN, UPRIGHT, Presentation

TURNED = (0, 65_536, 0, -65_536, 0, 0, 0, 0, 1_073_741_824)


def test_upright_is_the_matrix_of_iso_14496_12() -> None:
    """One in 16.16 at the first two places of the diagonal, one in 2.30 at the last."""
    assert UPRIGHT == (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    assert Presentation(UPRIGHT, Fraction(1)) == PLAIN == Presentation()


@pytest.mark.parametrize(
    ("presentation", "values"),
    [
        (PLAIN, {}),
        (Presentation(TURNED), {"display_matrix": list(TURNED)}),
        (Presentation(pixel_aspect=Fraction(4, 3)), {"pixel_aspect": [4, 3]}),
        (Presentation(pixel_aspect=Fraction(2)), {"pixel_aspect": [2, 1]}),
        (
            Presentation((-(2**31), 2**31 - 1, *[1] * 7), Fraction(1, 2**31 - 1)),
            {"display_matrix": [-(2**31), 2**31 - 1, *[1] * 7], "pixel_aspect": [1, 2**31 - 1]},
        ),
    ],
)
def test_what_differs_from_plain_is_written_and_read(presentation: Presentation, values: dict) -> None:
    assert presentation.as_values() == values
    assert Presentation.from_values(values) == presentation


@pytest.mark.parametrize(
    "values",
    [
        {"display_matrix": list(TURNED)[:8]},
        {"display_matrix": [*TURNED, 0]},
        {"display_matrix": [0.5, *TURNED[1:]]},
        {"display_matrix": [2**31, *TURNED[1:]]},
        {"display_matrix": [-(2**31) - 1, *TURNED[1:]]},
        {"display_matrix": 9},
        {"display_matrix": "123456789"},
        {"pixel_aspect": [4]},
        {"pixel_aspect": [4, 3, 1]},
        {"pixel_aspect": [0, 1]},
        {"pixel_aspect": [1, 0]},
        {"pixel_aspect": [2**31, 1]},
        {"pixel_aspect": {1, 2}},
    ],
)
def test_what_is_no_such_value_is_plain(values: dict) -> None:
    assert Presentation.from_values(values) == PLAIN
