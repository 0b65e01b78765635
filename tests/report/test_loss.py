"""What is lost, the cheapest point that loses little, and how many items would settle it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ahc_stream.report import analyse
from ahc_stream.report.dot import Dot
from ahc_stream.report.loss import Loss, cheapest, cheapest_for_sure, items_needed, losses, margin_of
from ahc_stream.report.resample import interval, resample
from tests.report.runs import CURVES, ORIGINAL, write_run


def dot(bpp: float) -> Dot:
    return Dot({"codec": "x", "quality": bpp, "options": ""}, {"bpp": bpp}, {}, {}, {})


def test_a_loss_is_the_change_turned_so_that_more_is_worse(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path))
    score = analysis.leading_score("classification")
    found = {loss.dot.label: loss for loss in losses(analysis, score)}
    lost = {f"{at.codec}@{at.quality}": 0.9 - at.accuracy for at in CURVES}
    assert {label: loss.value for label, loss in found.items()} == pytest.approx(lost)
    assert [loss.dot.bpp for loss in found.values()] == sorted(loss.dot.bpp for loss in found.values())
    error = {loss.dot.label: loss for loss in losses(analysis, replace(score, higher_is_better=False))}
    for label, loss in found.items():
        assert loss.low <= loss.value <= loss.high
        assert error[label].value == -loss.value and (error[label].low, error[label].high) == (-loss.high, -loss.low)


def test_a_point_of_a_share_and_a_hundredth_of_anything_else(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path))
    score = analysis.leading_score("classification")
    assert margin_of(analysis, score) == 0.01
    assert margin_of(analysis, replace(score, is_share=False)) == pytest.approx(0.009)


def test_the_cheapest_is_found_by_hand_in_random_lists() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        values, widths = random.normal(0.01, 0.01, 6), random.uniform(0, 0.02, 6)
        found = [
            Loss(dot(0.1 * (at + 1)), v, v - w, v + w) for at, (v, w) in enumerate(zip(values, widths, strict=True))
        ]
        within = [at for at in range(6) if values[at] <= 0.01]
        sure = [at for at in range(6) if values[at] + widths[at] <= 0.01]
        assert cheapest(found, 0.01) is (found[within[0]] if within else None)
        assert cheapest_for_sure(found, 0.01) is (found[sure[0]] if sure else None)
    assert cheapest_for_sure([Loss(dot(1), 0.0, None, None)], 0.01) is None


def test_with_as_many_items_as_it_says_the_bootstrap_excludes_more() -> None:
    """Items "like these" are these, repeated: the bootstrap of so many has its upper end at the margin."""
    items = np.random.default_rng(0).normal(0, 0.05, 50)
    items += 0.004 - items.mean()
    needed = items_needed(Loss(dot(1), 0.004, 0.008 - upper_end(items), upper_end(items)), 0.01, 50)
    assert upper_end(items) > 0.012 and needed > 150
    repeated = np.tile(items, round(needed / 50))
    assert upper_end(repeated) == pytest.approx(0.01, abs=0.0007)


def upper_end(items: np.ndarray) -> float:
    names = [("made", f"{number:05d}") for number in range(len(items))]
    replicates = resample(names, 4000, seed=1).draws @ items / len(items)
    return interval(float(items.mean()), replicates, 0.95)[1]


@pytest.mark.parametrize(("value", "high"), [(0.01, 0.02), (0.02, 0.03), (0.0, None)])
def test_no_number_of_items_helps_where_the_estimate_is_not_below_the_margin(value: float, high: float | None) -> None:
    assert items_needed(Loss(dot(1), value, None if high is None else 0.0, high), 0.01, 50) is None


def test_without_an_original_there_is_no_loss(tmp_path: Path) -> None:
    analysis = analyse(write_run(tmp_path, CURVES))
    assert all(not losses(analysis, quantity) for quantity in analysis.quantities)
    assert ORIGINAL.codec not in {dot.point["codec"] for dot in analysis.dots}
