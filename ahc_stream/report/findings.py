"""What a reader should know first: changes that survive the correction, each as a sentence, the biggest first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pyarrow as pa

from ahc_stream.report import paired
from ahc_stream.report.analysis import Analysis, Change, Dot
from ahc_stream.report.quantity import Quantity
from ahc_stream.tasks.changes import compare

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

NO_CHANGE = Change(0.0, None, None, None)

FLIPS = pa.schema(
    [
        ("task", pa.string()),
        ("point", pa.string()),
        ("bpp", pa.float64()),
        ("units", pa.int64()),
        ("lost", pa.int64()),  # right at the original, wrong here
        ("won", pa.int64()),
        ("p", pa.float64()),  # McNemar's exact test
        ("p_holm", pa.float64()),  # over all rows of the task
    ]
)


def findings(analysis: Analysis) -> pa.Table:
    """FINDINGS: changes whose interval excludes zero and whose corrected p is below 1 - level, the biggest first.

    Sizes of different scores are compared as shares of the original's value.
    """
    found = sorted(_significant(analysis), key=lambda each: -each[0])
    rows = [_row(analysis, quantity, dot, change) for _, quantity, dot, change in found]
    return pa.Table.from_pylist(rows, schema=FINDINGS)


def _significant(analysis: Analysis) -> Iterator[tuple[float, Quantity, Dot, Change]]:
    named = {each.name: each for each in analysis.quantities}
    for dot in analysis.dots:
        for name, change in dot.changes.items():
            before = analysis.original.estimates[name].value if analysis.original else None
            if excludes_zero(change, analysis.settings.level) and before is not None:
                yield abs(change.value) / max(abs(before), 1e-9), named[name], dot, change


def untested(analysis: Analysis, most: int) -> list[dict]:
    """Rows of FINDINGS: each headline score's largest change, where there are too few items for any to be sure. So a
    small run tells something, and what it tells does not pass for more."""
    if analysis.original is None or can_be_sure(analysis):
        return []
    found = []
    for quantity in (each for each in analysis.quantities if each.headline):
        changed = [dot for dot in analysis.dots if dot.changes.get(quantity.name, NO_CHANGE).value]
        if changed:
            dot = max(changed, key=lambda each: abs(each.changes[quantity.name].value))
            found.append(_row(analysis, quantity, dot, dot.changes[quantity.name]))
    return found[:most]


def can_be_sure(analysis: Analysis) -> bool:
    """Whether the items suffice for a p below 1 - level at all, see `resample.p_value`."""
    return bool(analysis.settings.resamples) and 2.0 ** (1 - analysis.items) < 1 - analysis.settings.level


def excludes_zero(change: Change, level: float) -> bool:
    """Whether a change is one at `level`: by its interval, and by its p corrected for all that were looked at."""
    known = None not in (change.low, change.high, change.p_holm)
    return known and (change.low > 0 or change.high < 0) and change.p_holm < 1 - level


def _row(analysis: Analysis, quantity: Quantity, dot: Dot, change: Change) -> dict:
    return {
        "task": quantity.family,
        "quantity": quantity.name,
        "point": dot.label,
        "bpp": dot.row["bpp"],
        "change": change.value,
        "low": change.low,
        "high": change.high,
        "p_holm": change.p_holm,
        "worse": (change.value < 0) == quantity.higher_is_better,
        "sentence": sentence(quantity, dot, change, analysis),
    }


def sentence(quantity: Quantity, dot: Dot, change: Change, analysis: Analysis) -> str:
    """ "person AP falls by 3.1 points, 95 % interval 2.2 to 4.0, at 0.080 bpp (h264@38)"."""
    scale, unit = in_points(analysis, quantity)
    sizes = [abs(change.value)]
    if change.low is not None and change.high is not None:
        sizes += [change.low, change.high] if change.value > 0 else [-change.high, -change.low]
    size, *ends = (f"{scale * each:.{1 if scale == 100 else 3}f}" for each in sizes)
    spread = f", {analysis.settings.level * 100:g} % interval {ends[0]} to {ends[1]}," if ends else ""
    verb = "rises" if change.value > 0 else "falls"
    return f"{quantity.label} {verb} by {size}{unit}{spread} at {dot.row['bpp']:.3f} bpp ({dot.label})"


def in_points(analysis: Analysis, quantity: Quantity) -> tuple[float, str]:
    """Scores that are shares (no value beyond 1, not all whole) are told in hundredths, which people call points."""
    values = [dot.estimates[quantity.name].value for dot in analysis.dots if quantity.name in dot.estimates]
    known = [value for value in values if value is not None and math.isfinite(value)]
    is_share = all(abs(value) <= 1 for value in known) and any(value % 1 for value in known)
    return (100.0, " points") if is_share else (1.0, "")


def flips(analysis: Analysis) -> pa.Table:
    """FLIPS at every operating point, against the original, of the tasks whose units are right or wrong."""
    rows = [row for task in analysis.tasks for row in _flips(analysis, task)]
    return pa.Table.from_pylist(rows, schema=FLIPS)


def _flips(analysis: Analysis, task: str) -> list[Mapping]:
    if analysis.original is None or task not in analysis.original.scored:
        return []
    before = analysis.original.scored[task].outcomes
    rows = []
    for dot in analysis.dots:
        counts = {} if dot.is_original or task not in dot.scored else compare(before, dot.scored[task].outcomes)
        if counts:
            lost, won = counts["worsened"], counts["improved"]
            row = {"task": task, "point": dot.label, "bpp": dot.row["bpp"], "units": lost + won + counts["unchanged"]}
            rows.append(row | {"lost": lost, "won": won, "p": paired.mcnemar(lost, won)})
    corrected = paired.holm([row["p"] for row in rows])
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]
