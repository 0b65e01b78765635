"""A number and what the bootstrap makes of it: rates, mean metrics and task scores of one operating point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.report.cache import remembered
from ahc_stream.report.resample import LEAST_ITEMS, Resamples, items_of
from ahc_stream.report.scores import Scored
from ahc_stream.tasks import units

ITEMS_OF_EQUAL_DRAWS = 6
"""Seven items can be drawn in 1716 ways, and a thousand draws hardly repeat one."""


@dataclass(frozen=True)
class Estimate:
    """value: of the data as it is; None where undefined. items: how many it rests on. replicates: float64 [resamples],
    of each draw; NaN where a draw leaves it undefined; None where there are too few items or the value is infinite."""

    value: float | None
    items: int
    replicates: np.ndarray | None = None


def of_frames(frames: pa.Table, metrics: Sequence[str], video: bool, resamples: Resamples) -> dict[str, Estimate]:
    """ "bpp" and the mean of each metric, from the rows of `frames` at one operating point.

    Stills: bpp is the mean over images; video: total bits over total pixels. Means of metrics are over frames, so that
    a video counts by its length, and leave out what is undefined.
    """
    place, count = resamples.places(items_of(frames)), len(resamples.items)
    bits = frames["payload_bits"].to_numpy().astype(np.float64)
    pixels = frames["width"].to_numpy().astype(np.float64) * frames["height"].to_numpy()
    rate = (bits, pixels) if video else (bits / pixels, np.ones(len(bits)))
    found = {"bpp": _ratio(*rate, place, count, resamples)}
    for name in metrics:
        defined = frames[name].is_valid().to_numpy().astype(np.float64)
        values = pc.fill_null(frames[name], 0.0).to_numpy()
        found[name] = _ratio(values, defined, place, count, resamples)
    return found


def _ratio(above: np.ndarray, below: np.ndarray, place: np.ndarray, count: int, resamples: Resamples) -> Estimate:
    """Sum of `above` over sum of `below`, both summed by item first."""
    sums, sizes = (np.bincount(place, part, count) for part in (above, below))
    items = int(np.count_nonzero(sizes))
    if not items:
        return Estimate(None, 0)
    value = float(above.sum() / below.sum())
    if not np.isfinite(value) or items < LEAST_ITEMS or not len(resamples.draws):
        return Estimate(value, items)
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw without any defined frame is NaN
        return Estimate(value, items, (resamples.draws @ sums) / (resamples.draws @ sizes))


def of_task(folder: Path, scored: Scored, resamples: Resamples, used: np.ndarray | None = None) -> dict[str, Estimate]:
    """Every score of a task at one operating point, over the units that are `used`: float64 [units], 1 or 0; all of
    them without it. No unit, no scores. Replicates are kept in the run's folder, as tallies are.
    """
    unit_items = items_of(units.of(scored.tally)) if scored.tally.num_rows else []
    used = np.ones(len(unit_items)) if used is None else used
    if not used.any():
        return {}
    values = scored.scores(used)
    draws = resamples.draws[:, resamples.places(unit_items)] * used
    items = len({item for item, is_used in zip(unit_items, used, strict=True) if is_used})
    if items < LEAST_ITEMS or not len(draws):
        return {name: Estimate(value, items) for name, value in values.items()}
    inputs = scored.tally, pa.table({"draws": draws.reshape(-1)})
    table = remembered(
        folder, ("replicates", str(scored.task)), inputs, lambda: _replicates(scored, draws, items, values)
    )
    return {name: _estimate(value, items, table[name].to_numpy()) for name, value in values.items()}


def _estimate(value: float, items: int, replicates: np.ndarray) -> Estimate:
    """Of a score that rests on all `items`, or on those few without which it is undefined, as a rare class is.

    A draw of n among n items misses k of them altogether with the chance (1 - k / n)^n, so the share of draws that
    leave the score undefined tells k. A class that is in one image alone would otherwise have an interval of no width.
    """
    undefined = float(np.mean(np.isnan(replicates)))
    support = round(items * (1 - undefined ** (1 / items))) if undefined else items
    return Estimate(value, support, replicates if support >= LEAST_ITEMS else None)


def _replicates(scored: Scored, draws: np.ndarray, items: int, values: Mapping[str, float]) -> pa.Table:
    """One column per score, one row per draw; of few items many draws are equal, and those are scored once."""
    distinct, inverse = draws, np.arange(len(draws))
    if items <= ITEMS_OF_EQUAL_DRAWS:
        distinct, inverse = np.unique(draws, axis=0, return_inverse=True)
    score = scored.scores
    rows = [score(weights) if weights.any() else {} for weights in distinct]
    columns = {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in values}
    return pa.table({name: column[inverse.reshape(-1)] for name, column in columns.items()})
