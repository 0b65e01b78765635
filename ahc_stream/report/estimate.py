"""A number and what the bootstrap makes of it: rates, mean metrics and task scores of one operating point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from ahc_stream.report.bpp import bpp_terms
from ahc_stream.report.medium import RunMedia
from ahc_stream.report.metric_mean import mean_terms
from ahc_stream.report.resample import LEAST_ITEMS, Floats, Integers, Resamples
from ahc_stream.report.scores import Scored
from ahc_stream.runs.media import items_of
from ahc_stream.store.folders import Folder
from ahc_stream.tallies import kept
from ahc_stream.tasks import units

ITEMS_OF_EQUAL_DRAWS = 6
"""Seven items can be drawn in 1716 ways, and a thousand draws hardly repeat one."""


@dataclass(frozen=True)
class Estimate:
    """value: of the data as it is; None where undefined. items: how many it rests on. replicates: float64 [resamples],
    of each draw; NaN where a draw leaves it undefined; None where there are too few items or the value is infinite."""

    value: float | None
    items: int
    replicates: Floats | None = None

    @property
    def finite_value(self) -> float | None:
        """The value; None where it is undefined or infinite."""
        return self.value if self.value is not None and np.isfinite(self.value) else None


def of_frames(frames: pa.Table, metrics: Sequence[str], media: RunMedia, resamples: Resamples) -> dict[str, Estimate]:
    """The rates of `RunMedia.rates` and the mean of each metric, from the rows of `frames` at one operating point.

    A rate is what `bpp_terms` says; that of stills or of video alone rests on those of the drawn items that are so.
    Means of metrics are over frames, so that a video counts by its length, and leave out what `mean_terms` says.
    """
    estimates = {
        name: ratio(*bpp_terms(of_rate, "payload_bits", as_video), resamples.places(items_of(of_rate)), resamples)
        for name, (of_rate, as_video) in media.rates(frames).items()
    }
    item = resamples.places(items_of(frames))
    for name in metrics:
        estimates[name] = ratio(*mean_terms(frames[name]), item, resamples)
    return estimates


def ratio(above: Floats, below: Floats, item: Integers, resamples: Resamples) -> Estimate:
    """Sum of `above` over sum of `below`, float64 [frames] both, summed by item first.

    item:  int64 [frames], where the item of each stands among those of `resamples`.
    """
    count = len(resamples.items)
    sums, sizes = np.bincount(item, above, count), np.bincount(item, below, count)
    items = int(np.count_nonzero(sizes))
    if not items:
        return Estimate(None, 0)
    value = float(above.sum() / below.sum())
    if not np.isfinite(value) or items < LEAST_ITEMS or not len(resamples.draws):
        return Estimate(value, items)
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw without any defined frame is NaN
        return Estimate(value, items, (resamples.draws @ sums) / (resamples.draws @ sizes))


def of_task(folder: Folder, scored: Scored, resamples: Resamples, used: Floats | None = None) -> dict[str, Estimate]:
    """Every score of a task at one operating point, over the units that are `used`: float64 [units], 1 or 0; all of
    them without it. No unit, no scores. Replicates are kept in the run's folder, as tallies are.
    """
    unit_items = items_of(units.of(scored.table)) if scored.table.num_rows else []
    weights = np.ones(len(unit_items)) if used is None else used
    if not weights.any():
        return {}
    values = scored.values_of(weights)
    draws = resamples.draws[:, resamples.places(unit_items)] * weights
    items = len({item for item, weight in zip(unit_items, weights, strict=True) if weight})
    if items < LEAST_ITEMS or not len(draws):
        return {name: Estimate(value, items) for name, value in values.items()}
    inputs = scored.table, pa.table({"draws": draws.reshape(-1)})
    compute = partial(_replicates, scored, values, draws, items)
    table = kept(folder, scored.task.name, ("replicates", str(scored.task)), inputs, compute)
    return {name: _estimate(value, items, table[name].to_numpy()) for name, value in values.items()}


def _estimate(value: float, items: int, replicates: Floats) -> Estimate:
    """Of a score that rests on all `items`, or on those few without which it is undefined, as a rare class is.

    A draw of n among n items misses k of them altogether with the chance (1 - k / n)^n, so the share of draws that
    leave the score undefined tells k. A class that is in one image alone would otherwise have an interval of no width.
    """
    undefined = float(np.mean(np.isnan(replicates)))
    support = round(items * (1 - undefined ** (1 / items))) if undefined else items
    return Estimate(value, support, replicates if support >= LEAST_ITEMS else None)


def _replicates(scored: Scored, names: Iterable[str], draws: Floats, items: int) -> pa.Table:
    """A column for each of `names`, one row per draw; of few items many draws are equal, and those are scored once."""
    distinct, inverse = draws, np.arange(len(draws))
    if items <= ITEMS_OF_EQUAL_DRAWS:
        distinct, inverse = np.unique(draws, axis=0, return_inverse=True)
    columns = scored.of_draws(distinct, names)
    return pa.table({name: column[inverse.reshape(-1)] for name, column in columns.items()})
