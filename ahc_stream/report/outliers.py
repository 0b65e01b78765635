"""Frames far below their codec's curve or their own sequence: listed, since a mean passes over them in silence."""

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
from ahc_stream.runs.media import Item, items_of
from ahc_stream.runs.points import where

FAR = 3.5
"""Robust standard deviations, as B. Iglewicz and D. Hoaglin recommend ("How to Detect and Handle Outliers", 1993)."""
LEAST_FRAMES = 8
"""That are judged together; among fewer nothing is far from the rest."""
TO_SIGMA = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""

OUTLIERS = pa.schema(
    [
        *KEY,
        ("point", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("bpp", pa.float64()),
        ("expected", pa.float64()),  # of a still by the codec's curve at its own rate, of video its sequence's median
        ("z", pa.float64()),  # residual in robust standard deviations of those it is judged among
    ]
)


def outliers(analysis: Analysis) -> pa.Table:
    """OUTLIERS of the run's leading metric; the farthest first.

    A still is judged among all stills of its operating point: a codec's curve goes through the medians (log bpp,
    metric) of its operating points, straight between them and beyond; a still's residual is its metric minus the curve
    at its own rate. A codec of one point has no slope: there the curve is flat. A frame of a video is judged within its
    own sequence at its operating point, since one sequence is harder than another, and what is expected of it is the
    median there: its own rate says little, for an I frame costs many P frames. z is the distance from the median
    residual of those that a frame is judged among over their median absolute deviation. Frames where the metric is
    undefined or infinite are left out.
    """
    metric = analysis.leading_metric
    rows = list(_rows(analysis, metric)) if metric else []
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["z"]), schema=OUTLIERS)


@dataclass(frozen=True)
class PointFrames:
    """Frames of one operating point that are judged together: they have a finite value and some bits.

    bpp:       float64 [frames].
    quality:   float64 [frames], the metric; negated where lower is better.
    """

    dot: Dot
    frames: pa.Table
    bpp: Floats
    quality: Floats

    @property
    def median(self) -> tuple[float, float]:
        """The point of the curve: log bpp and quality."""
        return float(np.median(np.log(self.bpp))), float(np.median(self.quality))


def _rows(analysis: Analysis, metric: Quantity) -> Iterator[dict[str, Any]]:
    sign = 1.0 if metric.higher_is_better else -1.0
    curves: dict[str, list[PointFrames]] = {}
    for dot in analysis.dots:
        if dot.is_original:
            continue
        frames = where(analysis.frames, dot.point)
        stills = _known(dot, analysis.media.stills(frames), metric, sign)
        if len(stills.quality) >= LEAST_FRAMES:
            curves.setdefault(dot.curve, []).append(stills)
        for sequence in _sequences(analysis.media.video(frames)):
            known = _known(dot, sequence, metric, sign)
            if len(known.quality) >= LEAST_FRAMES:
                yield from _far(known, np.full(len(known.quality), np.median(known.quality)), metric, sign)
    for points in curves.values():
        knots = np.array(sorted(point.median for point in points))
        for point in points:
            yield from _far(point, _line(np.log(point.bpp), *knots.T), metric, sign)


def _sequences(frames: pa.Table) -> Iterator[pa.Table]:
    """The frames of each item."""
    place_of: dict[Item, list[int]] = {}
    for number, item in enumerate(items_of(frames)):
        place_of.setdefault(item, []).append(number)
    for places in place_of.values():
        yield frames.take(places)


def _known(dot: Dot, frames: pa.Table, metric: Quantity, sign: float) -> PointFrames:
    bits = frames["payload_bits"].to_numpy().astype(np.float64)
    values = frames[metric.name].to_numpy(zero_copy_only=False).astype(np.float64)  # a null becomes NaN
    kept = np.isfinite(values) & (bits > 0)
    bpp = (bits / frames["width"].to_numpy() / frames["height"].to_numpy())[kept]
    return PointFrames(dot, frames.filter(pa.array(kept)), bpp, sign * values[kept])


def _far(point: PointFrames, expected: Floats, metric: Quantity, sign: float) -> Iterator[dict[str, Any]]:
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
