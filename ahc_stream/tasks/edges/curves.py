"""Precision over recall at rising thresholds, from counts of pixels: F, its optimum, and what the curve encloses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_BETWEEN: Values = np.linspace(0, 1, 100)
"""Where F is looked for between two neighbouring thresholds: 0 at the lower one, 1 at the upper one."""


def recall_and_precision(counts: Values) -> tuple[Values, Values]:
    """[..., 4], pixels as `score.COUNTS` names them -> recall and precision, [...] each; 0 of 0 is 0."""
    found_truth, truth, right, found = np.moveaxis(counts, -1, 0)
    return found_truth / np.where(truth > 0, truth, 1), right / np.where(found > 0, found, 1)


def f_measure(recall: Values, precision: Values) -> Values:
    """The harmonic mean of the two; 0 where both are."""
    total = recall + precision
    divisor: Values = np.where(total > 0, total, 1.0)
    return 2.0 * recall * precision / divisor


class Optimum(NamedTuple):
    """The highest F of a curve, and where on it that is."""

    f: float
    threshold: float
    recall: float
    precision: float


def best_f(levels: Values, recall: Values, precision: Values) -> Optimum:
    """The highest F between or at the thresholds [K], and the threshold, recall and precision there. Between two
    neighbouring thresholds all three are interpolated."""
    lower, upper = slice(0, max(1, len(levels) - 1)), slice(min(1, len(levels) - 1), None)

    def between(values: Values) -> Values:
        """[K - 1, 100]: from each threshold to the next one."""
        at_lower: Values = values[lower, None]
        at_upper: Values = values[upper, None]
        interpolated: Values = at_lower * (1.0 - _BETWEEN) + at_upper * _BETWEEN
        return interpolated

    thresholds, recalls, precisions = between(levels), between(recall), between(precision)
    f = f_measure(recalls, precisions)
    at = np.unravel_index(f.argmax(), f.shape)
    return Optimum(float(f[at]), float(thresholds[at]), float(recalls[at]), float(precisions[at]))


def area(recall: Values, precision: Values) -> float:
    """The area under precision over recall, linear between the thresholds, over the recalls 0, 0.01 ... 1 that they
    reach; NaN where they reach fewer than two."""
    reached, first = np.unique(recall, return_index=True)
    if len(reached) < 2:
        return float("nan")
    sampled = np.interp(np.arange(101) / 100, reached, precision[first], left=0, right=0)
    return float(sampled.sum() / 100)


def recall_at_half(recall: Values, precision: Values) -> float:
    """Recall where precision is 0.5, or the least that it is; NaN where there are fewer than two, or all are lower."""
    reached, first = np.unique(precision, return_index=True)
    if len(reached) < 2:
        return float("nan")
    return float(np.interp(max(reached[0], 0.5), reached, recall[first], right=np.nan))
