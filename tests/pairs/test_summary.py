"""What the values of a metric come to."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
import torch

from ahc_stream.pairs import Measured, MetricSummary, summaries
from ahc_stream.pairs.measuring import FRAMES


def of(name: str, values: list[float]) -> MetricSummary:
    count = len(values)
    columns = [["clip"] * count, list(range(count)), [4] * count, [4] * count, values]
    table = pa.table(columns, schema=pa.schema([*FRAMES, (name, pa.float64())]))
    (summary,) = summaries(Measured(table, (name,), 1, torch.device("cpu"), (), ()))
    return summary


def test_numbers_are_those_of_numpy_and_the_worst_goes_by_the_direction() -> None:
    values = np.random.default_rng(0).random(40).tolist()
    higher, lower = of("ssim", values), of("mse", values)
    expected = (np.mean(values), *np.percentile(values, [0, 5, 95, 100]))
    for summary in (higher, lower):
        assert (summary.mean, summary.least, summary.p5, summary.p95, summary.most) == pytest.approx(expected)
        assert (summary.infinite, summary.undefined) == (0, 0)
    assert (higher.worst_frame, higher.worst) == (int(np.argmin(values)), min(values))
    assert (lower.worst_frame, lower.worst) == (int(np.argmax(values)), max(values))


def test_infinite_and_undefined_frames_are_counted_and_left_out() -> None:
    summary = of("psnr", [math.inf, 30.0, math.nan, 40.0, math.inf])
    assert (summary.mean, summary.least, summary.most) == (35, 30, 40)
    assert (summary.infinite, summary.undefined) == (2, 1)
    assert (summary.worst_item, summary.worst_frame, summary.worst) == ("clip", 1, 30)


def test_where_nothing_is_finite_the_infinite_is_told() -> None:
    summary = of("psnr", [math.inf, math.nan, math.inf])
    assert summary.mean == summary.least == summary.p5 == summary.p95 == summary.most == summary.worst == math.inf
    assert (summary.worst_frame, summary.infinite, summary.undefined) == (0, 2, 1)


@pytest.mark.parametrize("values", [[], [math.nan, math.nan]])
def test_where_nothing_is_defined_there_is_no_number(values: list[float]) -> None:
    summary = of("psnr", values)
    assert summary.mean is summary.least is summary.most is summary.worst is summary.worst_item is None
    assert summary.undefined == len(values)
