"""Frames far below their codec's curve: listed, since a mean passes over them in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ahc_stream.core.labels import KEY
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import Floats
from ahc_stream.runs.points import where

FAR = 3.5
"""Robust standard deviations, as B. Iglewicz and D. Hoaglin recommend ("How to Detect and Handle Outliers", 1993)."""
LEAST_FRAMES = 8
"""Of one operating point; among fewer nothing is far from the rest."""
TO_SIGMA = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""

OUTLIERS = pa.schema(
    [
        *KEY,
        ("point", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("bpp", pa.float64()),
        ("expected", pa.float64()),  # by the codec's curve at the frame's own rate
        ("z", pa.float64()),  # residual in robust standard deviations of the operating point
    ]
)


def outliers(analysis: Analysis) -> pa.Table:
    """OUTLIERS of the run's leading metric; the farthest first.

    A codec's curve goes through the medians (log bpp, metric) of its operating points, straight between them and
    beyond. A frame's residual is its metric minus the curve at its own rate; z is its distance from the median residual
    of its operating point over their median absolute deviation. A codec of one point has no slope: there the curve is
    flat. Of video a frame's own rate says little, since an I frame costs many P frames: there what is expected of every
    frame is the median of its operating point. Frames where the metric is undefined or infinite are left out.
    """
    metric = analysis.leading_metric
    rows = list(_rows(analysis, metric)) if metric else []
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["z"]), schema=OUTLIERS)


@dataclass(frozen=True)
class PointFrames:
    """The frames of one operating point that have a finite value and some bits.

    bpp:       float64 [frames].
    log_bpp:   float64 [frames], where each stands on the curve: of stills its own rate, of video the point's median.
    quality:   float64 [frames], the metric; negated where lower is better.
    """

    dot: Dot
    frames: pa.Table
    bpp: Floats
    log_bpp: Floats
    quality: Floats

    @property
    def median(self) -> tuple[float, float]:
        """The point of the curve."""
        return float(np.median(self.log_bpp)), float(np.median(self.quality))


def _rows(analysis: Analysis, metric: Quantity) -> Iterator[dict[str, Any]]:
    sign = 1.0 if metric.higher_is_better else -1.0
    curves: dict[str, list[PointFrames]] = {}
    for dot in analysis.dots:
        point = _frames_of(analysis, dot, metric, sign)
        if not dot.is_original and len(point.quality) >= LEAST_FRAMES:
            curves.setdefault(dot.curve, []).append(point)
    for points in curves.values():
        knots = sorted(point.median for point in points)
        for point in points:
            yield from _far(point, knots, metric, sign)


def _frames_of(analysis: Analysis, dot: Dot, metric: Quantity, sign: float) -> PointFrames:
    frames = where(analysis.frames, dot.point)
    bits = frames["payload_bits"].to_numpy().astype(np.float64)
    values = frames[metric.name].to_numpy(zero_copy_only=False).astype(np.float64)  # a null becomes NaN
    kept = np.isfinite(values) & (bits > 0)
    bpp = (bits / frames["width"].to_numpy() / frames["height"].to_numpy())[kept]
    log_bpp = np.log(bpp)
    if analysis.video and len(log_bpp):
        log_bpp = np.full(len(log_bpp), np.median(log_bpp))
    return PointFrames(dot, frames.filter(pa.array(kept)), bpp, log_bpp, sign * values[kept])


def _far(
    point: PointFrames, knots: list[tuple[float, float]], metric: Quantity, sign: float
) -> Iterator[dict[str, Any]]:
    expected = _line(point.log_bpp, *np.array(knots).T)
    residual = point.quality - expected
    deviation = residual - np.median(residual)
    spread = TO_SIGMA * np.median(np.abs(deviation))
    z = deviation / spread if spread > 0 else np.zeros(len(deviation))
    for number in np.flatnonzero(z < -FAR):
        key = {name: point.frames[name][int(number)].as_py() for name, _ in KEY}
        yield key | {
            "point": point.dot.label,
            "metric": metric.name,
            "value": float(sign * point.quality[number]),
            "bpp": float(point.bpp[number]),
            "expected": float(sign * expected[number]),
            "z": float(z[number]),
        }


def _line(x: Floats, knots_x: Floats, knots_y: Floats) -> Floats:
    """Piecewise linear through the knots, its first and last piece prolonged."""
    if len(knots_x) == 1:
        return np.full(len(x), knots_y[0])
    piece = np.clip(np.searchsorted(knots_x, x) - 1, 0, len(knots_x) - 2)
    run = np.maximum(knots_x[piece + 1] - knots_x[piece], 1e-12)
    rise = knots_y[piece + 1] - knots_y[piece]
    line: Floats = knots_y[piece] + (x - knots_x[piece]) * rise / run
    return line
