"""What the values of a metric come to, by the rules of a run's report (`report.metric_mean`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ahc_stream.pairs.measuring import Measured
from ahc_stream.report.metric_mean import mean_terms, metric_mean
from ahc_stream.report.quantity import Quantity, of_metric


@dataclass(frozen=True)
class MetricSummary:
    """One metric over all frames.

    infinite, undefined:  how many frames are so; the former are left out where there are finite ones.
    mean, least, p5, p95, most:  over the finite frames; where no frame is finite, over the infinite ones; None without
                                 any. p5 and p95 are percentiles, between two frames interpolated.
    worst_item, worst_frame, worst:  the frame with the worst value, by the metric's direction, the first of equals.
    """

    metric: Quantity
    infinite: int
    undefined: int
    mean: float | None = None
    least: float | None = None
    p5: float | None = None
    p95: float | None = None
    most: float | None = None
    worst_item: str | None = None
    worst_frame: int | None = None
    worst: float | None = None


def summaries(measured: Measured) -> Iterator[MetricSummary]:
    """One for each metric, in the order in which they were asked for."""
    for name in measured.metrics:
        yield _summary(measured, of_metric(name))


def _summary(measured: Measured, metric: Quantity) -> MetricSummary:
    column = measured.frames[metric.name]
    mean = metric_mean(column)
    values = column.to_numpy()
    _, counts = mean_terms(column)
    used = values[counts > 0]
    if not len(used):
        return MetricSummary(metric, mean.infinite, mean.undefined)
    if np.isinf(used).any():
        least = p5 = p95 = most = float(used[0])
    else:
        least, p5, p95, most = np.percentile(used, [0, 5, 95, 100]).tolist()
    worst = int(np.nanargmin(values) if metric.higher_is_better else np.nanargmax(values))
    item, frame = (measured.frames[key][worst].as_py() for key in ("item", "frame"))
    value = float(values[worst])
    numbers = (mean.value, least, p5, p95, most)
    return MetricSummary(metric, mean.infinite, mean.undefined, *numbers, item, frame, value)
