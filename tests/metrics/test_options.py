"""Metrics with options: one name for one meaning, a row of its own, and errors that name what is taken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.option import Option, one_of
from ahc_stream.metrics import METRICS, Metric, Standalone, chosen, known

MADE = "tests.metrics.test_options:made"


def made(size: str, place: str) -> Standalone:
    """The recipe of a metric with two options, which keeps what it was made with as the names of its weights."""
    return Standalone(lambda device: lambda x, y: x, weights=(size, place))


@pytest.fixture(autouse=True)
def row() -> Iterator[Metric]:
    """A row with two options in the table, for as long as the test lasts."""
    before = dict(METRICS)
    options = {"size": Option("small", "s", one_of("small", "large")), "place": Option("in", "p", one_of("in", "out"))}
    METRICS["sized"] = Metric("sized", "Sized", "1", 2, "Nothing at all.", True, MADE, options=options)
    yield METRICS["sized"]
    METRICS.clear()
    METRICS.update(before)


def test_options_in_any_order_and_at_their_defaults_are_one_name() -> None:
    assert chosen(["sized:place=out:size=large"]) == ("sized:size=large:place=out",)
    assert chosen(["sized:size=small:place=out"]) == ("sized:place=out",)
    assert chosen(["sized:size=small"]) == ("sized",)


def test_the_recipe_is_made_of_the_values_and_the_row_says_them(row: Metric) -> None:
    (name,) = chosen(["sized:place=out"])
    assert METRICS["sized"].recipe.weights == ("small", "in")
    assert METRICS[name].recipe.weights == ("small", "out")
    assert METRICS[name].label == "Sized, out"
    assert METRICS[name].definition == "Nothing at all; here place=out."
    assert replace(METRICS[name], name="sized", label=row.label, definition=row.definition, chosen={}) == row


def test_what_an_option_does_not_take_is_refused_with_what_it_takes() -> None:
    with pytest.raises(InvalidValue, match=r"size=small\|large"):
        chosen(["sized:size=huge"])
    with pytest.raises(UnknownName, match="place, size"):
        chosen(["sized:colour=red"])
    with pytest.raises(InvalidValue, match="size once"):
        chosen(["sized:size=large:size=large"])
    with pytest.raises(UnknownName):
        chosen(["psnr:size=large"])


def test_a_report_knows_such_a_name_without_torch() -> None:
    code = (
        "import sys; from ahc_stream import metrics; "
        "row = metrics.known('cvvdp:display=standard_fhd'); assert row and row.label.endswith('standard_fhd'); "
        "assert not {'torch', 'pycvvdp'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert known("sized:size=large") is metrics.METRICS["sized:size=large"] and known("nothing:size=large") is None
