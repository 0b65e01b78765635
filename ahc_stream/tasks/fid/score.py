"""FID from tables: the Frechet distance between the features of the originals and those of what was decoded.

Definition: M. Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium"
(2017), as torch-fidelity computes it: |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2) of the means m and the unbiased
covariances S. It is a number of a set and of nothing smaller: an image has none. It falls as the sets grow, so only
numbers of equally many images compare.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import KEY
from ahc_stream.tasks import units
from ahc_stream.tasks.score_entry import Score

FEATURES = pa.schema([("features", pa.list_(pa.float32()))])
"""What the network makes of one frame, 2048 numbers."""

TALLY = pa.schema([*KEY, ("features", pa.list_(pa.float32())), ("original", pa.list_(pa.float32()))])
"""One row per frame: features of what was decoded, and of its original."""

SCORES: tuple[Score, ...] = (
    Score("FID", "FID", headline=True, higher_is_better=False, decimals=2, is_share=False),
    Score("images", hidden=True, decimals=0, is_share=False),
)

Values = NDArray[np.float64]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """TALLY of the evaluated frames that have features and those of an original, in the order of `frames`.

    predictions:  KEY and FEATURES columns at one operating point.
    labels:       the same columns, of the originals, see `as_labels`.
    frames:       KEY columns of the evaluated frames.
    """
    decoded, original = units.places(frames, predictions), units.places(frames, labels)
    known = np.flatnonzero((decoded >= 0) & (original >= 0))
    columns = {name: frames[name].take(known) for name in units.KEYS}
    columns["features"] = predictions["features"].take(decoded[known])
    columns["original"] = labels["features"].take(original[known])
    return pa.table(columns, schema=TALLY)


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """FID, at least 0, NaN of fewer than two images; and how many images it is of.

    An image of weight 2 counts as two such images. The time of each call grows with the third power of the number of
    images: 0.3 ms for 24, and about a second for 2000.
    """
    if not tally.num_rows:
        return lambda weights: {}
    sets = _Sets(_matrix(tally, "features"), _matrix(tally, "original"))

    def of(weights: Values | None) -> dict[str, float]:
        weight = np.ones(tally.num_rows) if weights is None else np.asarray(weights, np.float64)
        return {"FID": sets.distance(weight), "images": float(weight.sum())}

    return of


def outcomes(tally: pa.Table) -> pa.Table:
    """KEY columns and `feature_distance`, how far a frame's features are from its original's (Euclidean)."""
    apart = _matrix(tally, "features") - _matrix(tally, "original")
    distance = np.sqrt((apart**2).sum(axis=1))
    return tally.select(units.KEYS).append_column("feature_distance", pa.array(distance, pa.float64()))


def as_labels(predictions: pa.Table) -> pa.Table:
    """The features of the originals as they are, which is all that FID is ever measured against here."""
    return predictions.select([*units.KEYS, *FEATURES.names])


def _matrix(tally: pa.Table, column: str) -> Values:
    """float64 [rows, numbers]. Raises InvalidValue where rows have different numbers of them."""
    lists = tally[column].combine_chunks()
    numbers = np.asarray(lists.flatten(), np.float64)
    if tally.num_rows and len(numbers) % tally.num_rows:
        raise InvalidValue("features of one network", "rows of different lengths", "score the rows of one run")
    return numbers.reshape(tally.num_rows, -1)


class _Sets:
    """Two sets of as many rows, whose Frechet distance is asked for under many weights.

    tr (S1 S2)^(1/2) is the sum of the singular values of A B', where S1 = A'A and S2 = B'B: A and B have a row for each
    image, so that of few images no matrix has 2048 columns.
    """

    def __init__(self, x: Values, y: Values) -> None:
        middle = y.mean(axis=0)  # a move of both sets changes nothing, and numbers near 0 lose fewer digits
        self._x, self._y = x - middle, y - middle
        self._x_squares, self._y_squares = (self._x**2).sum(axis=1), (self._y**2).sum(axis=1)
        self._products = self._x @ self._y.T

    def distance(self, weights: Values) -> float:
        """The distance; NaN for a total weight below 2. A weight counts how often a row is there."""
        total = weights.sum()
        if total < 2:
            return float("nan")
        share = weights / total
        mean_x, mean_y = share @ self._x, share @ self._y
        means = ((mean_x - mean_y) ** 2).sum()
        traces = self._trace(self._x_squares, share, mean_x) + self._trace(self._y_squares, share, mean_y)
        unbiased = total / (total - 1)
        distance = means + unbiased * (traces - 2 * self._root(share, mean_x, mean_y))
        return float(max(distance, 0.0))  # rounding alone goes below

    def _trace(self, squares: Values, share: Values, mean: Values) -> float:
        return float(share @ squares - mean @ mean)

    def _root(self, share: Values, mean_x: Values, mean_y: Values) -> float:
        there = share > 0
        x, y, products = self._x[there], self._y[there], self._products[np.ix_(there, there)]
        centred = products - (x @ mean_y)[:, None] - (y @ mean_x)[None, :] + mean_x @ mean_y
        roots = np.sqrt(share[there])
        return float(np.linalg.svd(roots[:, None] * centred * roots[None, :], compute_uv=False).sum())
