"""Runs of one dataset side by side: differences at the operating points that they share, deltas between curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.wording import are, counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.bd import DELTAS, Curve, between, curve_of, has_deltas
from ahc_stream.report.change import Change, corrected, difference, is_significant
from ahc_stream.report.dot import Dot
from ahc_stream.report.metric_mean import counts_at_points
from ahc_stream.report.paired_frames import PairedFrames, PairedMetric
from ahc_stream.report.quantity import Quantity
from ahc_stream.runs.points import where
from ahc_stream.store.folders import Folder
from ahc_stream.tables import POINT

COMPARED = pa.schema(
    [
        *POINT,
        ("point", pa.string()),
        ("family", pa.string()),
        ("quantity", pa.string()),
        ("label", pa.string()),
        ("one_run", pa.string()),  # the first run that was named, by its short name
        ("other_run", pa.string()),
        ("one", pa.float64()),  # of a metric the mean over the frames that both have, where both are finite
        ("other", pa.float64()),
        ("one_infinite", pa.int64()),  # of the frames that both have, those where the metric is so; null of scores
        ("other_infinite", pa.int64()),
        ("left_out", pa.int64()),  # of them those where either is infinite or undefined; null of scores
        ("difference", pa.float64()),  # other - one
        ("low", pa.float64()),  # bootstrap interval, paired by item; null where the runs' items differ
        ("high", pa.float64()),
        ("p", pa.float64()),
        ("p_holm", pa.float64()),  # over all rows of the family, those of all runs
        ("sure", pa.bool_()),  # significant: the interval excludes zero, and p_holm is below 1 - level
    ]
)


@dataclass(frozen=True)
class RunPair:
    """The first run of a comparison and another one. names: their short names."""

    one: Analysis
    other: Analysis
    names: tuple[str, str]

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


@dataclass(frozen=True)
class Comparison:
    """Two analyses or more of one dataset. names: short names of the runs, their folders' where these differ."""

    runs: tuple[Analysis, ...]
    names: tuple[str, ...]

    @property
    def first(self) -> Analysis:
        """The run that the others are compared with."""
        return self.runs[0]

    @cached_property
    def against_first(self) -> list[RunPair]:
        """Every other run with the first."""
        others = zip(self.runs[1:], self.names[1:], strict=True)
        return [RunPair(self.first, run, (self.names[0], name)) for run, name in others]

    @property
    def quantities(self) -> list[Quantity]:
        """Those that all runs have."""
        known = [{quantity.name for quantity in run.quantities} for run in self.runs]
        return [quantity for quantity in self.first.quantities if all(quantity.name in names for names in known)]


def check_folders(folders: Sequence[Folder]) -> None:
    """Raises InvalidValue for fewer than two, and for one twice."""
    found = [folder.resolve() for folder in folders]
    twice = next((folder for number, folder in enumerate(found) if folder in found[:number]), None)
    if len(found) < 2:
        raise InvalidValue("two runs or more", counted(len(found), "run"), "name another folder to compare with")
    if twice is not None:
        raise InvalidValue("two runs or more", f"{twice} twice", "name each folder once")


def compare(*analyses: Analysis) -> Comparison:
    """Raises InvalidValue for fewer than two, for one folder twice, and where they are not of the same files, and so no
    difference would mean anything."""
    check_folders([analysis.folder for analysis in analyses])
    first = analyses[0]
    for analysis in analyses[1:]:
        if analysis.run.fingerprint != first.run.fingerprint:
            names = [f"{each.folder} ({each.run.manifest['dataset']['name']})" for each in (first, analysis)]
            got = f"{' and '.join(names)}, whose fingerprints differ"
            raise InvalidValue("runs of the same files", got, "run all on the same dataset, with the same --limit")
        if analysis.settings != first.settings:
            todo = "analyse all with the same ReportSettings"
            raise InvalidValue("analyses with the same settings", "different ones", todo)
    return Comparison(analyses, _names([analysis.folder for analysis in analyses]))


def _names(folders: Sequence[Folder]) -> tuple[str, ...]:
    names = tuple(folder.resolve().name for folder in folders)
    return names if len(set(names)) == len(names) else tuple(map(str, folders))


@dataclass(frozen=True)
class PointDifference:
    """A quantity at an operating point of two runs.

    at:      the point as the first run has it.
    one:     the value in the first run; `other`: in the second.
    change:  the other's value minus the one's.
    metric:  of a metric what its means rest on.
    """

    runs: RunPair
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
            "one_run": self.runs.names[0],
            "other_run": self.runs.names[1],
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


def differences(comparison: Comparison) -> pa.Table:
    """COMPARED of every other run, quantity and operating point that it shares with the first."""
    found = [
        pair
        for runs in comparison.against_first
        for quantity in comparison.quantities
        for pair in _differences(runs, quantity)
    ]
    families = {pair.quantity.name: pair.quantity.family for pair in found}
    changes = corrected([{pair.quantity.name: pair.change} for pair in found], families)
    rows = []
    for pair, change in zip(found, changes, strict=True):
        with_p_holm = replace(pair, change=change[pair.quantity.name])
        rows.append(with_p_holm.row(comparison.first.settings.level))
    return pa.Table.from_pylist(rows, schema=COMPARED)


def _differences(runs: RunPair, quantity: Quantity) -> Iterator[PointDifference]:
    for (one, other), frames in zip(runs.pairs, runs.paired_frames, strict=True):
        metric = frames.metric(quantity.name) if quantity.is_metric else None
        estimates = (
            (metric.one, metric.other)
            if metric
            else (one.estimates.get(quantity.name), other.estimates.get(quantity.name))
        )
        before, after = estimates
        change = difference(after, before, runs.one.settings.level) if before and after else None
        if before and after and change:
            unpaired = Change(change.value, None, None, None)
            shown = change if runs.same_items else unpaired
            yield PointDifference(runs, quantity, one, before.value, after.value, shown, metric)


def left_out_of(comparison: Comparison) -> Iterator[str]:
    """A sentence, without its full stop, on each metric whose differences leave out frames."""
    for runs in comparison.against_first:
        subject = f"{' and '.join(runs.names)}: " if len(comparison.runs) > 2 else ""
        yield from (subject + sentence for sentence in _left_out_of_pair(runs, comparison.quantities))


def _left_out_of_pair(runs: RunPair, quantities: Sequence[Quantity]) -> Iterator[str]:
    points = list(zip(runs.pairs, runs.paired_frames, strict=True))
    for quantity in quantities:
        if quantity.is_metric:
            metrics = {one.label: frames.metric(quantity.name) for (one, _), frames in points}
            counts = {label: metric.left_out for label, metric in metrics.items() if metric.one.items}
            parts = counts_at_points(counts, lambda count: f"{counted(count, 'frame')} {are(count)} left out")
            if parts:
                yield f"{quantity.name} is compared over the frames where it is finite in both runs: {parts}"


def deltas_between(comparison: Comparison) -> pa.Table:
    """DELTAS of every pair of curves of all runs, named "RUN: codec and options"."""
    shown = [quantity for quantity in comparison.quantities if has_deltas(quantity)]
    rows = chain.from_iterable(between(quantity, curves_between(comparison, quantity)) for quantity in shown)
    return pa.Table.from_pylist(list(rows), schema=DELTAS)


def curves_between(comparison: Comparison, quantity: Quantity) -> dict[str, Curve]:
    """The curves of all runs, named "RUN: codec and options"."""
    return {
        curve_key(name, curve): curve_of(run, quantity, curve)
        for name, run in zip(comparison.names, comparison.runs, strict=True)
        for curve in dict.fromkeys(dot.curve for dot in run.dots if not dot.is_original)
    }


def curve_key(run: str, curve: str) -> str:
    """What a curve of a run, or its short name, is called beside those of other runs."""
    return f"{run}: {curve}"
