"""Two runs of one dataset side by side: differences at the operating points that both have, deltas between curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.text_table import print_numbers
from ahc_stream.core.wording import are, counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import DELTAS, between, curve_of, has_deltas
from ahc_stream.report.change import Change, corrected, difference, is_significant
from ahc_stream.report.dot import Dot
from ahc_stream.report.estimate import Estimate
from ahc_stream.report.metric_mean import counts_at_points
from ahc_stream.report.paired_frames import PairedFrames, PairedMetric
from ahc_stream.report.quantity import Quantity
from ahc_stream.runs.points import where
from ahc_stream.tables import POINT

COMPARED = pa.schema(
    [
        *POINT,
        ("point", pa.string()),
        ("family", pa.string()),
        ("quantity", pa.string()),
        ("label", pa.string()),
        ("one", pa.float64()),  # of a metric the mean over the frames that both have, where both are finite
        ("other", pa.float64()),
        ("one_infinite", pa.int64()),  # of the frames that both have, those where the metric is so; null of scores
        ("other_infinite", pa.int64()),
        ("left_out", pa.int64()),  # of them those where either is infinite or undefined; null of scores
        ("difference", pa.float64()),  # other - one
        ("low", pa.float64()),  # bootstrap interval, paired by item; null where the runs' items differ
        ("high", pa.float64()),
        ("p", pa.float64()),
        ("p_holm", pa.float64()),  # over all rows of the family
        ("sure", pa.bool_()),  # significant: the interval excludes zero, and p_holm is below 1 - level
    ]
)


@dataclass(frozen=True)
class Comparison:
    """Two analyses of one dataset. names: short names of the runs, their folders' where these differ."""

    one: Analysis
    other: Analysis
    names: tuple[str, str]

    @property
    def quantities(self) -> list[Quantity]:
        """Those that both runs have."""
        known = {quantity.name for quantity in self.other.quantities}
        return [quantity for quantity in self.one.quantities if quantity.name in known]

    @property
    def pairs(self) -> list[tuple[Dot, Dot]]:
        """The operating points that both runs have, in the order of the first."""
        others = {tuple(dot.point.values()): dot for dot in self.other.dots}
        return [(dot, others[key]) for dot in self.one.dots if (key := tuple(dot.point.values())) in others]

    @cached_property
    def paired_frames(self) -> list[PairedFrames]:
        """The frames that both runs have, at each of `pairs`."""
        resamples = self.one.resamples
        if resamples is None:  # a run without a finished row, which has no operating point either
            return []
        return [
            PairedFrames.of(where(self.one.frames, one.point), where(self.other.frames, other.point), resamples)
            for one, other in self.pairs
        ]

    @property
    def same_items(self) -> bool:
        """Whether both runs rest on the same items, so that their draws are paired."""
        one, other = self.one.resamples, self.other.resamples
        return one is not None and other is not None and one.items == other.items


def compare(one: Analysis, other: Analysis) -> Comparison:
    """Raises InvalidValue where the two are not of the same files, and so no difference would mean anything."""
    if one.folder.resolve() == other.folder.resolve():
        raise InvalidValue("two runs", f"{one.folder} twice", "name two folders")
    if one.run.fingerprint != other.run.fingerprint:
        names = [f"{analysis.folder} ({analysis.run.manifest['dataset']['name']})" for analysis in (one, other)]
        got = f"{' and '.join(names)}, whose fingerprints differ"
        raise InvalidValue("two runs of the same files", got, "run both on the same dataset, with the same --limit")
    if one.settings != other.settings:
        todo = "analyse both with the same ReportSettings"
        raise InvalidValue("two analyses with the same settings", "different ones", todo)
    return Comparison(one, other, _names(one.folder, other.folder))


def _names(one: Path, other: Path) -> tuple[str, str]:
    names = one.resolve().name, other.resolve().name
    return names if names[0] != names[1] else (str(one), str(other))


@dataclass(frozen=True)
class PointDifference:
    """A quantity at an operating point of two runs.

    at:      the point as the first run has it.
    one:     the value in the first run; `other`: in the second.
    change:  the other's value minus the one's.
    metric:  of a metric what its means rest on.
    """

    quantity: Quantity
    at: Dot
    one: float | None
    other: float | None
    change: Change
    metric: PairedMetric | None = None

    def row(self, level: float) -> dict[str, Any]:
        """Its row of COMPARED."""
        return dict(self.at.point) | {
            "point": self.at.label,
            "family": self.quantity.family,
            "quantity": self.quantity.name,
            "label": self.quantity.label,
            "one": self.one,
            "other": self.other,
            "one_infinite": self.metric.one_infinite if self.metric else None,
            "other_infinite": self.metric.other_infinite if self.metric else None,
            "left_out": self.metric.left_out if self.metric else None,
            "difference": self.change.value,
            "low": self.change.low,
            "high": self.change.high,
            "p": self.change.p,
            "p_holm": self.change.p_holm,
            "sure": is_significant(self.change, level),
        }


def differences(runs: Comparison) -> pa.Table:
    """COMPARED of every shared operating point and quantity."""
    pairs = [pair for quantity in runs.quantities for pair in _differences(runs, quantity)]
    families = {pair.quantity.name: pair.quantity.family for pair in pairs}
    changes = corrected([{pair.quantity.name: pair.change} for pair in pairs], families)
    rows = []
    for pair, change in zip(pairs, changes, strict=True):
        with_p_holm = replace(pair, change=change[pair.quantity.name])
        rows.append(with_p_holm.row(runs.one.settings.level))
    return pa.Table.from_pylist(rows, schema=COMPARED)


def _differences(runs: Comparison, quantity: Quantity) -> Iterator[PointDifference]:
    for (one, other), frames in zip(runs.pairs, runs.paired_frames, strict=True):
        metric = frames.metric(quantity.name) if quantity.is_metric else None
        before, after = (metric.one, metric.other) if metric else _estimates(one, other, quantity)
        change = difference(after, before, runs.one.settings.level) if before and after else None
        if before and after and change:
            unpaired = Change(change.value, None, None, None)
            shown = change if runs.same_items else unpaired
            yield PointDifference(quantity, one, before.value, after.value, shown, metric)


def _estimates(one: Dot, other: Dot, quantity: Quantity) -> tuple[Estimate | None, Estimate | None]:
    return one.estimates.get(quantity.name), other.estimates.get(quantity.name)


def left_out_of(runs: Comparison) -> Iterator[str]:
    """A sentence, without its full stop, on each metric whose differences leave out frames."""
    points = list(zip(runs.pairs, runs.paired_frames, strict=True))
    for quantity in runs.quantities:
        if quantity.is_metric:
            metrics = {one.label: frames.metric(quantity.name) for (one, _), frames in points}
            counts = {label: metric.left_out for label, metric in metrics.items() if metric.one.items}
            parts = counts_at_points(counts, lambda count: f"{counted(count, 'frame')} {are(count)} left out")
            if parts:
                yield f"{quantity.name} is compared over the frames where it is finite in both runs: {parts}"


def deltas_between(runs: Comparison) -> pa.Table:
    """DELTAS of every pair of curves of both runs, named "RUN: codec and options"."""
    rows: list[dict[str, Any]] = []
    for quantity in runs.quantities:
        if has_deltas(quantity):
            curves = {
                f"{name}: {curve}": curve_of(run, quantity, curve)
                for name, run in zip(runs.names, (runs.one, runs.other), strict=True)
                for curve in dict.fromkeys(dot.curve for dot in run.dots if not dot.is_original)
            }
            rows += between(quantity, curves)
    return pa.Table.from_pylist(rows, schema=DELTAS)


def print_comparison(runs: Comparison, console: Console) -> None:
    """The difference of each metric and headline score at each shared operating point; * where it is significant."""
    shown = [quantity for quantity in runs.quantities if quantity.headline]
    rows = {(row["point"], row["quantity"]): row for row in differences(runs).to_pylist()}
    if not runs.pairs:
        console.print("no operating point is in both runs")
        return
    headings = ["point", *(quantity.label for quantity in shown)]
    lines = []
    for one, _ in runs.pairs:
        cells = [_cell(rows.get((one.label, quantity.name))) for quantity in shown]
        lines.append([one.label, *cells])
    print_numbers(console, headings, lines, keys=1, title=f"{runs.names[1]} minus {runs.names[0]}")
    for sentence in left_out_of(runs):
        console.print(sentence, style="dim", highlight=False, markup=False, emoji=False)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    return f"{row['difference']:+.4g}{' *' if row['sure'] else ''}"
