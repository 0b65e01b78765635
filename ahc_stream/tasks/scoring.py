"""The scores of a task, whoever brought it: from tables alone, without a model and without a device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.loading import load
from ahc_stream.tasks.entry import TaskSpec
from ahc_stream.tasks.table import find

Weights = NDArray[np.float64]

Scores = Callable[[Weights | None], dict[str, float]]
"""Weights of the units, [units] in the order of `units.of` (None: 1 each) -> score name -> value. A bootstrap draws
other weights; what does not depend on them is prepared once."""


@runtime_checkable
class ScoresOfDraws(Protocol):
    """`Scores` that also take many draws at once: float64 [draws, units] -> score name -> float64 [draws], the value of
    each draw as if it were alone, to the last bit, and NaN where a draw has no unit."""

    def __call__(self, weights: Weights | None) -> dict[str, float]: ...

    def of_draws(self, draws: Weights) -> dict[str, Weights]: ...


class Scorer(Protocol):
    """What the module of a task's scores holds: pure functions of tables, no model and no device.

    tally:      predictions at one operating point, labels and the evaluated frames (KEY columns and width, height) ->
                what its scores are summed from. Its first columns, those of KEY, name the unit that a row belongs to:
                an image, or a whole sequence at frame 0. Every evaluated unit has a row. Never empty of meaning: no
                label to find at all gives a table without rows.
    scores:     a tally -> its scores as a function of the units' weights. Of no rows: no scores. A bootstrap asks for
                them a thousand times, and all at once where they are `ScoresOfDraws`.
    outcomes:   a tally -> KEY columns and one float64 column per outcome, one row per unit in the order of `units.of`:
                what paired tests compare ("correct" as 0 or 1, "cer" ...).
    as_labels:  predictions of the uncompressed original -> labels of the task, for scores that ask how far
                predictions have moved. Deterministic, and says in its docstring what it keeps. Where the task reads
                another one's predictions, it takes the options of `tally` too.

    It may also hold SCORES, a tuple of `score_entry.Score`: what a report must know of its scores.
    """

    def tally(self, predictions: pa.Table, labels: pa.Table, frames: pa.Table, **options: str) -> pa.Table: ...

    def scores(self, tally: pa.Table) -> Scores: ...

    def outcomes(self, tally: pa.Table) -> pa.Table: ...

    def as_labels(self, predictions: pa.Table, **options: str) -> pa.Table: ...


def scorer(name: str) -> Scorer:
    """The functions that score a task: a module, or a class "module:Class". Raises UnknownName, and ImportError or
    AttributeError for a user's scorer that is not there."""
    functions: Scorer = load(find(name).scorer)
    return functions


def tally(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """What the scores of a task at one operating point are summed from. Pure: no model, no device.

    predictions:  KEY columns and the task's own; further columns are ignored.
    labels:       the dataset's ground truth (`core.labels`), of these frames or of more.
    frames:       KEY columns, width and height of every frame that was evaluated, so that one without predictions
                  counts.
    """
    return scorer(spec.name).tally(predictions, labels, frames, **_score_options(spec))


def as_labels(spec: TaskSpec, predictions: pa.Table) -> pa.Table:
    """Predictions of the original as labels of the task. A task that reads another one's predictions makes its own of
    them, so its scorer takes the same options here as for a tally."""
    options = _score_options(spec) if find(spec.name).reads else {}
    return scorer(spec.name).as_labels(predictions, **options)


def _score_options(spec: TaskSpec) -> dict[str, str]:
    values = dict(spec.options)
    return {name: values[name] for name in find(spec.name).score_options}


def score(spec: TaskSpec, predictions: pa.Table, labels: pa.Table, frames: pa.Table) -> dict[str, float]:
    """The task's scores at one operating point, by name; without a label to find, none. Arguments as `tally` takes."""
    return scorer(spec.name).scores(tally(spec, predictions, labels, frames))(None)


def of_draws(scores: Scores, draws: Weights, names: Iterable[str]) -> dict[str, Weights]:
    """The scores `names`, float64 [draws] each; NaN where a draw has no unit, or no such score.

    draws:  float64 [draws, units].
    """
    if isinstance(scores, ScoresOfDraws):
        together = scores.of_draws(draws)
        return {name: together[name] for name in names}
    one_by_one = [scores(weights) if weights.any() else {} for weights in draws]
    return {name: np.array([values.get(name, np.nan) for values in one_by_one], np.float64) for name in names}
