"""Sentences of changes, and when there are enough items for any of them to be significant."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ahc_stream.report import ReportSettings, analyse, findings
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.change import Change, is_significant
from ahc_stream.report.findings import can_be_significant, sentence, untested
from ahc_stream.report.notes import notes
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.text import print_report
from tests.report.runs import CURVES, ORIGINAL, At, write_run

WORSE, BETTER = At("jpeg", 5.0, 0.2, 24.0, 0.0), At("jpeg", 90.0, 2.0, 40.0, 1.0)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(write_run(tmp_path_factory.mktemp("run"), (ORIGINAL, WORSE, BETTER)))


SHARE = Quantity("x", "task", "x", "hits", is_share=True)
COUNT = Quantity("x", "task", "x", "errors", decimals=2)


@pytest.mark.parametrize(
    ("quantity", "change", "words"),
    [
        (SHARE, Change(0.1234, 0.1, 0.2, None), "hits rises by 12.3 points, 95 % interval 10.0 to 20.0,"),
        (SHARE, Change(-0.5, -0.75, -0.25, None), "hits falls by 50.0 points, 95 % interval 25.0 to 75.0,"),
        (COUNT, Change(0.1234, 0.1, 0.2, None), "errors rises by 0.12, 95 % interval 0.10 to 0.20,"),
        (COUNT, Change(-0.5, None, None, None), "errors falls by 0.50"),
        (Quantity("x", "task", "x", "e", decimals=7), Change(1.23456, None, None, None), "e rises by 1.2346"),
    ],
)
def test_a_change_as_a_sentence(analysis: Analysis, quantity: Quantity, change: Change, words: str) -> None:
    dot = next(dot for dot in analysis.dots if dot.label == "jpeg@5")
    assert sentence(analysis, quantity, dot, change) == f"{words} at {dot.bpp:.3f} bpp (jpeg@5)"


def test_of_scores_of_which_more_is_better_a_fall_is_worse(analysis: Analysis) -> None:
    rows = findings(analysis).to_pylist()
    assert rows and all(row["worse"] == (row["change"] < 0) for row in rows)


@pytest.mark.parametrize(
    ("low", "high", "p_holm", "expected"),
    [
        (0.1, 0.2, 0.01, True),
        (-0.2, -0.1, 0.01, True),
        (-0.1, 0.1, 0.01, False),
        (0.0, 0.1, 0.01, False),
        (-0.1, 0.0, 0.01, False),
        (0.1, 0.2, 0.5, False),
        (0.1, 0.2, 0.25, False),
        (0.1, None, 0.01, False),
        (None, 0.1, 0.01, False),
        (0.1, 0.2, None, False),
    ],
)
def test_a_change_is_significant_by_its_interval_and_its_p(low, high, p_holm, expected: bool) -> None:
    assert is_significant(Change(0.1, low, high, 0.001, p_holm), 0.75) == expected


def test_six_items_can_be_significant_and_five_cannot(tmp_path: Path) -> None:
    """A sign test of n items that all change alike has p = 2^(1 - n)."""
    five, six = (analyse(write_run(tmp_path / str(n), (ORIGINAL, WORSE), items=n)) for n in (5, 6))
    assert can_be_significant(six) and not can_be_significant(five)
    assert not can_be_significant(analyse(tmp_path / "6", ReportSettings(resamples=0)))
    assert untested(six, 5) == [] and untested(five, 5)


def test_of_what_is_untested_the_largest_change_of_each_headline_score_is_told(tmp_path: Path) -> None:
    few = analyse(write_run(tmp_path, (ORIGINAL, *CURVES[:4]), items=4))
    rows = untested(few, 5)
    assert [row["quantity"].removeprefix("classification_") for row in rows] == ["accuracy", "macro_f1", "kappa"]
    assert untested(few, 2) == rows[:2]
    for row in rows:
        changes = [abs(dot.changes[row["quantity"]].value) for dot in few.dots if row["quantity"] in dot.changes]
        assert abs(row["change"]) == max(changes) > 0


def test_weights_that_a_seed_drew_are_warned_of(tmp_path: Path) -> None:
    drawn = replace(CURVES[0], codec="mbt2018-mean", options="metric=mse:weights=random-3")
    own = replace(CURVES[1], codec="mbt2018", options="metric=mse:weights=random-forest.pth")
    run = analyse(write_run(tmp_path, (ORIGINAL, drawn, own), items=2))
    (warning,) = (text for kind, text in notes(run) if kind == "warning" and "Random weights" in text)
    assert warning.startswith("Random weights: mbt2018-mean. ")
    page = StringIO()
    print_report(tmp_path, Console(file=page, width=300))
    assert warning in page.getvalue()


def test_of_notes_the_warnings_come_first(tmp_path: Path) -> None:
    kinds = [kind for kind, _ in notes(analyse(write_run(tmp_path, items=2)))]
    assert set(kinds) == {"warning", "fact"} and kinds == sorted(kinds, reverse=True)
