"""The mean of a metric at one operating point, and the frames that it leaves out: undefined ones and infinite ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ahc_stream.core.wording import are, counted
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import Floats


@dataclass(frozen=True)
class MetricMean:
    """value: None where no frame is defined; infinite where all that are defined are. undefined, infinite: how many
    frames are so."""

    value: float | None
    undefined: int
    infinite: int


def metric_mean(values: pa.ChunkedArray) -> MetricMean:
    """The mean of a metric over frames, as `mean_terms` says. values: one per frame, null or NaN where undefined."""
    sums, counts = mean_terms(values)
    numbers = metric_numbers(values)
    value = float(sums.sum() / counts.sum()) if counts.any() else None
    return MetricMean(value, int(np.isnan(numbers).sum()), int(np.isinf(numbers).sum()))


def mean_terms(values: pa.ChunkedArray) -> tuple[Floats, Floats]:
    """float64 [frames] twice: the mean is the sum of the first over the sum of the second, of all frames or of some.

    Frames that count have their value and 1, the others 0 and 0. Those count where the metric is finite. Where it is
    finite nowhere, those count where it is infinite, so that an operating point without any loss says so.
    """
    numbers = metric_numbers(values)
    finite = np.isfinite(numbers)
    counted_in = finite if finite.any() else np.isinf(numbers)
    return np.where(counted_in, numbers, 0.0), counted_in.astype(np.float64)


def metric_numbers(values: pa.ChunkedArray) -> Floats:
    """float64 [frames], NaN for a null."""
    numbers: Floats = values.to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers


def undefined_column(metric: str) -> str:
    """The column of `operating_points` that counts the frames for which a metric is not defined."""
    return f"{metric}_undefined"


def infinite_column(metric: str) -> str:
    """The column of `operating_points` that counts the frames for which a metric is infinite."""
    return f"{metric}_infinite"


def infinite_left_out(row: Mapping[str, Any], metric: str) -> int:
    """How many infinite frames the mean of a metric leaves out; 0 where the mean itself is infinite.

    row:  of `operating_points`.
    """
    count: int = row[infinite_column(metric)]
    return count if _is_finite(row.get(metric)) else 0


def left_out_text(metric: Quantity, count: int) -> str:
    """ "5 frames are identical"."""
    return f"{counted(count, 'frame')} {are(count)} {metric.infinite_if}"


def infinite_sentences(metric: Quantity, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """One sentence, without its full stop, on a metric whose means leave out infinite frames; none on another.

    rows:  of `operating_points`, by the label of the operating point.
    """
    finite = {label: row for label, row in rows.items() if _is_finite(row.get(metric.name))}
    counts = {label: infinite_left_out(row, metric.name) for label, row in finite.items()}
    parts = counts_at_points(counts, lambda count: left_out_text(metric, count))
    if parts:
        yield f"{metric.name} is the mean over the finite frames: {parts}"


def counts_at_points(counts: Mapping[str, int], said: Callable[[int], str]) -> str:
    """ "1 frame is identical at a, c; 2 frames are identical at b"; empty where every count is 0.

    counts:  by the label of the operating point.
    said:    what is said of a count that is not 0.
    """
    labels: dict[int, list[str]] = {}
    for label, count in counts.items():
        labels.setdefault(count, []).append(label)
    is_everywhere = len(labels) == 1
    parts = []
    for count, at in labels.items():
        if count:
            place = "each operating point" if is_everywhere and len(at) > 1 else ", ".join(at)
            parts.append(f"{said(count)} at {place}")
    return "; ".join(parts)


def _is_finite(value: float | None) -> bool:
    return value is not None and bool(np.isfinite(value))
