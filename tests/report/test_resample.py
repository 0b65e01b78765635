"""The bootstrap: the same draws for the same seed, intervals that cover, p values that are uniform where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from ahc_stream.report.resample import FLOORS_OF_CHANGE, FLOORS_OF_VALUE, interval, p_value, resample


def test_draws_are_the_same_for_the_same_seed_and_draw_as_many_as_there_are() -> None:
    items = [("d", name) for name in "bca"]
    drawn = resample(items, 200, 7)
    assert drawn.items == (("d", "a"), ("d", "b"), ("d", "c"))
    assert (drawn.draws.sum(axis=1) == 3).all() and drawn.draws.shape == (200, 3)
    assert np.array_equal(drawn.draws, resample(reversed(items), 200, 7).draws)
    assert not np.array_equal(drawn.draws, resample(items, 200, 8).draws)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_cover_the_truth_at_their_level(level: float) -> None:
    random, items, trials = np.random.default_rng(1), 60, 800
    draws = resample([("d", str(n)) for n in range(items)], 500, 2).draws / items
    covered = 0
    for _ in range(trials):
        sample = random.gamma(2.0, 1.0, items)  # skewed; its mean is 2
        low, high = interval(sample.mean(), draws @ sample, level)
        covered += low <= 2.0 <= high
    # four binomial standard errors, and the two points that percentiles of 60 skewed values are known to lack
    assert abs(covered / trials - level) < 4 * np.sqrt(level * (1 - level) / trials) + 0.02


def test_p_values_are_uniform_where_nothing_changes() -> None:
    random, items, trials = np.random.default_rng(3), 12, 1500
    draws = resample([("d", str(n)) for n in range(items)], 500, 4).draws / items
    samples = random.normal(0, 1, (trials, items))
    p = np.array([p_value(sample.mean(), draws @ sample, items) for sample in samples])
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(p < level) - level) < 4 * np.sqrt(level * (1 - level) / trials) + 0.005


def test_p_is_never_below_what_a_sign_test_can_give() -> None:
    assert p_value(1.0, np.ones(100), 5) == 2.0**-4  # five items that all change alike leave no spread
    assert p_value(1.0, np.random.default_rng(0).normal(1, 1e-6, 100), 5) == 2.0**-4
    assert p_value(0.0, np.zeros(100), 5) == 1.0
    assert p_value(1.0, None, 5) is None


def test_an_interval_stands_around_its_value() -> None:
    lifted = np.random.default_rng(0).normal(10.0, 1.0, 4000)  # draws whose mean is not the value
    low, high = interval(3.0, lifted, 0.95)
    assert low == pytest.approx(3 - 1.96, abs=0.1) and high == pytest.approx(3 + 1.96, abs=0.1)
    assert interval(3.0, None, 0.95) == (None, None) == interval(None, lifted, 0.95)
    drop = np.clip(np.random.default_rng(0).normal(-0.95, 0.05, 4000), -1, 1)
    for floors in (FLOORS_OF_VALUE, FLOORS_OF_CHANGE):
        assert interval(-0.99, drop, 0.95, floors)[0] == -1.0  # a share cannot fall by more than 1
    assert interval(float("inf"), lifted, 0.95) == (None, None)
    assert interval(1.0, np.array([1.0, np.nan, 3.0, np.nan]), 0.5) == pytest.approx((0.5, 1.5))


def test_an_interval_of_a_share_is_within_0_and_1() -> None:
    """Draws of a mean over classes lie beside the value, and the move to it would leave the range."""
    random = np.random.default_rng(0)
    lifted, lowered = np.clip(random.normal(0.1, 0.08, (2, 4000)), 0, 1)
    assert interval(0.02, lifted, 0.95)[0] == 0.0
    assert interval(0.98, 1 - lowered, 0.95)[1] == 1.0
    low, high = interval(0.02, lifted, 0.95, FLOORS_OF_CHANGE)  # a change may well be negative
    assert low < 0 < high
    below_zero = random.normal(-0.1, 0.05, 4000)  # MOTA is negative where more is made up than found
    assert interval(-0.1, below_zero, 0.95)[0] == pytest.approx(-0.2, abs=0.01)
    assert interval(1.5, lifted + 1, 0.95)[1] > 1.5  # no share
