"""Precision over recall: what F, its optimum and the area are of curves whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.tasks.edges.curves import area, best_f, f_measure, recall_and_precision, recall_at_half

SHARES = st.floats(0, 1)
CURVES = st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=6)


@given(recall=SHARES, precision=SHARES)
def test_f_lies_between_recall_and_precision_and_nearer_to_the_smaller(recall: float, precision: float) -> None:
    f = float(f_measure(np.array(recall), np.array(precision)))
    low, high = sorted((recall, precision))
    assert low - 1e-12 <= f <= (low + high) / 2 + 1e-12
    if low > 1e-6:
        assert 2 / f == pytest.approx(1 / low + 1 / high)


def test_none_of_none_is_zero_and_one_of_one_is_one() -> None:
    recall, precision = recall_and_precision(np.array([[0.0, 0, 0, 0], [1, 1, 1, 1], [1, 2, 3, 4]]))
    assert recall.tolist() == [0, 1, 0.5] and precision.tolist() == [0, 1, 0.75]


@given(curve=CURVES)
def test_the_best_f_is_on_the_curve_and_no_threshold_has_a_better_one(curve) -> None:
    recall, precision = np.array(curve).T
    levels = np.arange(1, len(curve) + 1) / (len(curve) + 1)
    best = best_f(levels, recall, precision)
    assert best.f >= f_measure(recall, precision).max() - 1e-12
    assert best.f == pytest.approx(float(f_measure(np.array(best.recall), np.array(best.precision))))
    for name, values in (("recall", recall), ("precision", precision)):
        assert getattr(best, name) == pytest.approx(float(np.interp(best.threshold, levels, values)), abs=1e-9)


@given(precision=SHARES, low=st.integers(0, 99), data=st.data())
def test_the_area_of_a_level_curve_is_its_height_at_each_recall_that_it_reaches(
    precision: float, low: int, data
) -> None:
    high = data.draw(st.integers(low + 1, 100))
    curve = np.array([low, high]) / 100, np.array([precision, precision])
    assert area(*curve) == pytest.approx((high - low + 1) * precision / 100)


def test_of_thresholds_with_one_recall_the_first_counts() -> None:
    assert area(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0])) == pytest.approx(1.01)
    assert recall_at_half(np.array([0.2, 0.9, 0.4]), np.array([0.5, 0.5, 1.0])) == pytest.approx(0.2)


def test_of_a_single_point_there_is_no_area_and_no_recall_at_half() -> None:
    one, other = np.array([0.5, 0.5]), np.array([0.2, 0.8])
    assert math.isnan(area(one, other)) and math.isnan(recall_at_half(other, one))
    assert not math.isnan(area(other, one)) and not math.isnan(recall_at_half(one, other))


def test_recall_at_half_is_that_of_the_least_precision_where_all_are_higher_and_nothing_where_all_are_lower() -> None:
    recall = np.array([0.9, 0.3])
    assert recall_at_half(recall, np.array([0.4, 0.6])) == pytest.approx(0.6)
    assert recall_at_half(recall, np.array([0.7, 0.8])) == pytest.approx(0.9)
    assert math.isnan(recall_at_half(recall, np.array([0.2, 0.4])))
    assert recall_at_half(recall, np.array([0.2, 0.5])) == pytest.approx(0.3)
