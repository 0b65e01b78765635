"""Tests: of right and wrong answers to the same questions, and the correction for having asked many questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mcnemar(lost: int, won: int) -> float:
    """Two-sided p of McNemar's test, exact: units that were right and became wrong against those that went the other
    way, which are equally likely if nothing has changed. 1 where none went either way.

    Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947; with the binomial
    distribution in place of chi squared, which is right for any number of units.
    """
    from scipy.special import betainc  # scipy.stats has the whole test, and takes half a second to import

    if lost == won:
        return 1.0
    fewer, more = sorted((lost, won))
    as_few_or_fewer = float(betainc(more, fewer + 1, 0.5))  # of the binomial distribution of lost + won fair coins
    return min(2 * as_few_or_fewer, 1.0)


def holm(p: Sequence[float]) -> list[float]:
    """The p values, in their order, adjusted so that among all of them one false alarm has the chance that is asked.

    S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1.0)
    adjusted = np.empty(len(values))
    adjusted[order] = stepped
    return [float(p_value) for p_value in adjusted]
