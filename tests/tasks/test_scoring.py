"""Scores of many draws are those of each draw."""

from __future__ import annotations

import numpy as np

from ahc_stream import tasks

DRAWS = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]])


class OneByOne:
    """The weighted mean of 10 and 20, and a score that only some draws have."""

    def __call__(self, weights: np.ndarray | None) -> dict[str, float]:
        weights = np.ones(2) if weights is None else weights
        mean = float(weights @ [10.0, 20.0] / weights.sum())
        return {"mean": mean} | ({"second": 20.0} if weights[1] else {})


class Together(OneByOne):
    def of_draws(self, draws: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": np.full(len(draws), 7.0), "more": np.zeros(len(draws))}


def test_a_draw_without_units_or_without_a_score_is_undefined() -> None:
    values = tasks.of_draws(OneByOne(), DRAWS, ["mean", "second"])
    np.testing.assert_array_equal(values["mean"], [15, 10, np.nan])
    np.testing.assert_array_equal(values["second"], [20, np.nan, np.nan])


def test_scores_that_take_all_draws_at_once_are_asked_once_for_the_names_that_are_wanted() -> None:
    values = tasks.of_draws(Together(), DRAWS, ["mean"])
    assert values.keys() == {"mean"} and (values["mean"] == 7).all()
