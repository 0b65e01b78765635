"""What a reader should know first: changes that survive the correction, each as a sentence, the biggest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.change import Change, is_significant
from ahc_stream.report.dot import Dot
from ahc_stream.report.quantity import Quantity, shown_decimals

FINDINGS = pa.schema(
    [
        ("task", pa.string()),
        ("quantity", pa.string()),
        ("point", pa.string()),
        ("bpp", pa.float64()),
        ("change", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("p_holm", pa.float64()),
        ("worse", pa.bool_()),
        ("sentence", pa.string()),
    ]
)


def findings(analysis: Analysis) -> pa.Table:
    """FINDINGS: changes whose interval excludes zero and whose corrected p is below 1 - level, the biggest first.

    Sizes of different scores are compared as shares of the original's value.
    """
    ranked = sorted(_significant(analysis), key=lambda finding: -finding[0])
    rows = [_row(analysis, quantity, dot, change) for _, quantity, dot, change in ranked]
    return pa.Table.from_pylist(rows, schema=FINDINGS)


def _significant(analysis: Analysis) -> Iterator[tuple[float, Quantity, Dot, Change]]:
    """Size, quantity, point and change of each significant change."""
    original = analysis.original
    if original is None:
        return
    by_name = {quantity.name: quantity for quantity in analysis.quantities}
    for dot in analysis.dots:
        for name, change in dot.changes.items():
            before = original.estimates[name].value
            if before is not None and is_significant(change, analysis.settings.level):
                yield abs(change.value) / max(abs(before), 1e-9), by_name[name], dot, change


def untested(analysis: Analysis, most: int) -> list[dict[str, Any]]:
    """Rows of FINDINGS: each headline score's largest change, where there are too few items for any to be significant.
    So a small run tells something, and what it tells does not pass for more."""
    if analysis.original is None or can_be_significant(analysis):
        return []
    rows = []
    for quantity in analysis.quantities:
        largest = _largest_change(analysis, quantity)
        if quantity.headline and largest:
            rows.append(_row(analysis, quantity, *largest))
    return rows[:most]


def _largest_change(analysis: Analysis, quantity: Quantity) -> tuple[Dot, Change] | None:
    changes = [(dot, dot.changes[quantity.name]) for dot in analysis.dots if quantity.name in dot.changes]
    changed = [(dot, change) for dot, change in changes if change.value]
    return max(changed, key=lambda pair: abs(pair[1].value), default=None)


def can_be_significant(analysis: Analysis) -> bool:
    """Whether the items suffice for a p below 1 - level at all, see `resample.p_value`."""
    return bool(analysis.settings.resamples) and 2.0 ** (1 - analysis.items) < 1 - analysis.settings.level


def _row(analysis: Analysis, quantity: Quantity, dot: Dot, change: Change) -> dict[str, Any]:
    return {
        "task": quantity.family,
        "quantity": quantity.name,
        "point": dot.label,
        "bpp": dot.bpp,
        "change": change.value,
        "low": change.low,
        "high": change.high,
        "p_holm": change.p_holm,
        "worse": (change.value < 0) == quantity.higher_is_better,
        "sentence": sentence(analysis, quantity, dot, change),
    }


def sentence(analysis: Analysis, quantity: Quantity, dot: Dot, change: Change) -> str:
    """ "person AP falls by 3.1 points, 95 % interval 2.2 to 4.0, at 0.080 bpp (h264@38)"."""
    in_points = analysis.is_share(quantity)
    verb = "rises" if change.value > 0 else "falls"
    size = size_text(abs(change.value), quantity, in_points) + (" points" if in_points else "")
    where = f"at {dot.bpp:.3f} bpp ({dot.label})"
    if change.low is None or change.high is None:
        return f"{quantity.label} {verb} by {size} {where}"
    low, high = (change.low, change.high) if change.value > 0 else (-change.high, -change.low)
    ends = " to ".join(size_text(end, quantity, in_points) for end in (low, high))
    return f"{quantity.label} {verb} by {size}, {analysis.settings.level * 100:g} % interval {ends}, {where}"


def size_text(value: float, quantity: Quantity, in_points: bool) -> str:
    """A change or a loss without its unit: "3.1" where it is told in points."""
    text = f"{100 * value if in_points else value:.{shown_decimals(quantity, in_points)}f}"
    return text if float(text) else text.removeprefix("-")
