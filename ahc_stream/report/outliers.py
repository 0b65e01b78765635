"""Frames far below their codec's curve: listed, since a mean passes over them in silence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ahc_stream.core.labels import KEY
from ahc_stream.report.analysis import Analysis, Dot
from ahc_stream.report.quantity import METRIC, Quantity
from ahc_stream.report.rows import where

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
    """OUTLIERS of the run's first metric that is PSNR, else of its first metric; the farthest first.

    A codec's curve goes through the medians (log bpp, metric) of its operating points, straight between them and
    beyond. A frame's residual is its metric minus the curve at its own rate; z is its distance from the median residual
    of its operating point over their median absolute deviation. A codec of one point has no slope: there the curve is
    flat. Of video a frame's own rate says little, since an I frame costs many P frames: there what is expected of every
    frame is the median of its operating point. Frames where the metric is undefined or infinite are left out.
    """
    metrics = [each for each in analysis.quantities if each.family == METRIC and each.higher_is_better is not None]
    chosen = next((each for each in metrics if each.name == "psnr"), metrics[0] if metrics else None)
    rows = list(_rows(analysis, chosen)) if chosen else []
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["z"]), schema=OUTLIERS)


def _rows(analysis: Analysis, metric: Quantity) -> Iterator[dict]:
    sign = 1.0 if metric.higher_is_better else -1.0
    curves: dict[str, list[tuple[Dot, pa.Table, np.ndarray, np.ndarray]]] = {}
    for dot in analysis.dots:
        frames, log_bpp, values = _of_point(analysis, dot, metric.name)
        if not dot.is_original and len(values) >= LEAST_FRAMES:
            curves.setdefault(dot.curve, []).append((dot, frames, log_bpp, sign * values))
    for parts in curves.values():
        knots = sorted((float(np.median(log_bpp)), float(np.median(values))) for _, _, log_bpp, values in parts)
        for dot, frames, log_bpp, values in parts:
            yield from _far(dot, frames, log_bpp, values, knots, metric.name, sign)


def _of_point(analysis: Analysis, dot: Dot, metric: str) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """The frames with a finite value and some bits, the logarithm of their bpp, and the values."""
    frames = where(analysis.frames, dot.point)
    bits = frames["payload_bits"].to_numpy().astype(np.float64)
    bpp = bits / frames["width"].to_numpy() / frames["height"].to_numpy()
    values = frames[metric].to_numpy(zero_copy_only=False).astype(np.float64)  # a null becomes NaN
    kept = np.isfinite(values) & (bits > 0)
    log_bpp = np.log(bpp[kept])
    log_bpp = np.full(len(log_bpp), np.median(log_bpp)) if analysis.video and len(log_bpp) else log_bpp
    return frames.filter(pa.array(kept)), log_bpp, values[kept]


def _far(
    dot: Dot,
    frames: pa.Table,
    log_bpp: np.ndarray,
    values: np.ndarray,
    knots: list[tuple[float, float]],
    metric: str,
    sign: float,
) -> Iterator[dict]:
    expected = _line(log_bpp, *np.array(knots).T)
    residual = values - expected
    spread = TO_SIGMA * np.median(np.abs(residual - np.median(residual)))
    z = (residual - np.median(residual)) / spread if spread > 0 else np.zeros(len(residual))
    for row in np.flatnonzero(z < -FAR):
        key = {name: frames[name][int(row)].as_py() for name, _ in KEY}
        rate = (
            frames["payload_bits"][int(row)].as_py()
            / frames["width"][int(row)].as_py()
            / frames["height"][int(row)].as_py()
        )
        told = {"value": sign * values[row], "expected": sign * expected[row], "bpp": rate, "z": z[row]}
        yield key | {"point": dot.label, "metric": metric} | {name: float(each) for name, each in told.items()}


def _line(x: np.ndarray, knots_x: np.ndarray, knots_y: np.ndarray) -> np.ndarray:
    """Piecewise linear through the knots, its first and last piece prolonged."""
    if len(knots_x) == 1:
        return np.full(len(x), knots_y[0])
    piece = np.clip(np.searchsorted(knots_x, x) - 1, 0, len(knots_x) - 2)
    run = np.maximum(knots_x[piece + 1] - knots_x[piece], 1e-12)
    return knots_y[piece] + (x - knots_x[piece]) * (knots_y[piece + 1] - knots_y[piece]) / run
