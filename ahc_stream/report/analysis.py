"""A run's numbers with their uncertainty: every operating point, its change against the original, corrected tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from ahc_stream import runs
from ahc_stream.core.errors import InvalidValue
from ahc_stream.report import estimate
from ahc_stream.report.change import Change, Changes, corrected, difference
from ahc_stream.report.dot import Dot, labels
from ahc_stream.report.estimate import Estimate
from ahc_stream.report.medium import RunMedia, media_of
from ahc_stream.report.points import metric_names, rows_of
from ahc_stream.report.quantity import Quantity, looks_like_share, of_metric, of_task
from ahc_stream.report.resample import Resamples, resample
from ahc_stream.report.scores import Scored, scored, shared_units, task_points
from ahc_stream.runs import RunReader
from ahc_stream.runs.media import items_of
from ahc_stream.runs.points import Point, split
from ahc_stream.store.folders import Folder

if TYPE_CHECKING:
    from ahc_stream.report.published import PublishedCurve


@dataclass(frozen=True)
class ReportSettings:
    """How the numbers are made. level: of intervals and tests. resamples: 0 for no intervals. seed: of the draws."""

    reference: str = "auto"
    level: float = 0.95
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1:
            raise InvalidValue("a level from 0.5 to below 1", str(self.level), "0.95 is usual")
        if not (self.resamples == 0 or 100 <= self.resamples <= 100_000):
            raise InvalidValue("0, or 100 to 100000 resamples", str(self.resamples), "1000 is usual; 0 means none")


@dataclass(frozen=True)
class Analysis:
    """All that a report is made of. Empty of dots where the run has no finished row. published: curves of others, drawn
    beside the run's own."""

    run: RunReader
    settings: ReportSettings
    media: RunMedia
    items: int
    quantities: tuple[Quantity, ...] = ()
    dots: tuple[Dot, ...] = ()
    resamples: Resamples | None = field(default=None, repr=False)
    published: tuple[PublishedCurve, ...] = ()

    @property
    def folder(self) -> Folder:
        return self.run.folder

    @property
    def video(self) -> bool:
        """Whether frames of the run follow one another, all or some."""
        return self.media.has_video

    @property
    def frames(self) -> pa.Table:
        return self.run.frames

    @property
    def failures(self) -> pa.Table:
        return self.run.failures

    @property
    def original(self) -> Dot | None:
        return next((dot for dot in self.dots if dot.is_original), None)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks with a score, in the order of the run."""
        return tuple(dict.fromkeys(name for dot in self.dots for name in dot.scored))

    @property
    def leading_metric(self) -> Quantity | None:
        """The metric that stands for the others: one that says so, else the first that has a direction."""
        metrics = [metric for metric in self.quantities if metric.is_metric and metric.higher_is_better is not None]
        first = metrics[0] if metrics else None
        return next((metric for metric in metrics if metric.is_leading), first)

    def leading_score(self, task: str) -> Quantity | None:
        """The score of a task that stands for it: its first headline score, of a task without such its first; None
        where a report shows none of its scores."""
        return next((score for score in self.quantities if score.family == task), None)

    def is_share(self, quantity: Quantity) -> bool:
        """Whether a quantity is told in hundredths, and its changes in points."""
        if quantity.is_share is not None:
            return quantity.is_share
        return looks_like_share(value for dot in self.dots if (value := dot.value(quantity)) is not None)


def analyse(folder: Folder, settings: ReportSettings = ReportSettings()) -> Analysis:
    """Reads the tables of the run under `folder`. Raises StorageError where it is none, InvalidValue for settings and
    for two scores that have one column."""
    run = runs.open(folder)
    frames, media = run.frames, media_of(run)
    if not frames.num_rows:
        return Analysis(run, settings, media, 0)
    items = items_of(frames.group_by(["dataset", "item"]).aggregate([]))
    resamples = resample(items, settings.resamples, settings.seed)
    points = split(frames)
    results = scored(run, points, settings.reference)
    dots = _dots(run, points, results, resamples, media)
    quantities = _quantities(metric_names(frames), results)
    dots = _with_changes(folder, dots, quantities, resamples, settings.level)
    return Analysis(run, settings, media, len(resamples.items), quantities, tuple(dots), resamples)


def paired_estimates(analysis: Analysis, dot: Dot, quantity: Quantity) -> tuple[Estimate | None, Estimate | None]:
    """A quantity at a point and at the original, with paired replicates: of a task's score over the units that both
    have. None where either has none."""
    original, resamples = analysis.original, analysis.resamples
    task = quantity.family
    if original is None or resamples is None or task not in dot.scored or task not in original.scored:
        return dot.estimates.get(quantity.name), original.estimates.get(quantity.name) if original else None
    after, before = _shared(analysis.folder, dot, original, task, resamples)
    return after.get(quantity.name), before.get(quantity.name)


def _dots(
    run: RunReader,
    points: Sequence[tuple[Point, pa.Table]],
    results: Sequence[Scored],
    resamples: Resamples,
    media: RunMedia,
) -> list[Dot]:
    """The original first, then curve by curve, each by its rate."""
    at_points = task_points(points, results)
    rows = rows_of(run, points, at_points)
    dots = []
    for (point, frames), row, at_point in zip(points, rows, at_points, strict=True):
        estimates = estimate.of_frames(frames, metric_names(frames), media, resamples)
        by_task = {result.task.name: result for result in results if result.point == point and result.table.num_rows}
        for result in by_task.values():
            estimates |= _named(result, estimate.of_task(run.folder, result, resamples))
        dots.append(Dot(point, row, at_point, by_task, estimates))
    dots.sort(key=lambda dot: (not dot.is_original, dot.curve, dot.bpp))
    return [replace(dot, label=label) for dot, label in zip(dots, labels(dots), strict=True)]


def _named(scored: Scored, estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """By the names of quantities in place of those of scores."""
    return {scored.column(score): value for score, value in estimates.items()}


def _quantities(metrics: Iterable[str], results: Sequence[Scored]) -> tuple[Quantity, ...]:
    """Metrics, then task by task its headline scores and its others, in the order of the table and of its scorer."""
    quantities = [of_metric(name) for name in metrics]
    for task, reference in dict.fromkeys((result.task.name, result.reference) for result in results):
        names = (name for result in results if result.task.name == task for name in result.values)
        quantities += of_task(task, names, reference)
    return tuple(quantities)


def _with_changes(
    folder: Folder, dots: Sequence[Dot], quantities: Sequence[Quantity], resamples: Resamples, level: float
) -> list[Dot]:
    original = next((dot for dot in dots if dot.is_original), None)
    if original is None:
        return list(dots)
    scores = [quantity for quantity in quantities if not quantity.is_metric]
    changes: list[Changes] = [
        {} if dot is original else dict(_changes(folder, dot, original, scores, resamples, level)) for dot in dots
    ]
    changes = corrected(changes, {score.name: score.family for score in scores})
    return [replace(dot, changes=of_dot) for dot, of_dot in zip(dots, changes, strict=True)]


def _changes(
    folder: Folder, dot: Dot, original: Dot, scores: Iterable[Quantity], resamples: Resamples, level: float
) -> Iterator[tuple[str, Change]]:
    """The change of every score that both points have, by the name of its quantity."""
    shared = {task: _shared(folder, dot, original, task, resamples) for task in dot.scored if task in original.scored}
    for score in scores:
        after, before = shared.get(score.family, ({}, {}))
        if score.name in after and score.name in before:
            change = difference(after[score.name], before[score.name], level)
            if change:
                yield score.name, change


def _shared(
    folder: Folder, dot: Dot, original: Dot, task: str, resamples: Resamples
) -> tuple[Mapping[str, Estimate], Mapping[str, Estimate]]:
    """The estimates of both points over the units that both have; as they are, where these are the same."""
    after, before = dot.scored[task], original.scored[task]
    used_after, used_before = shared_units(after.table, before.table)
    if used_after.all() and used_before.all():
        return dot.estimates, original.estimates
    return (
        _named(after, estimate.of_task(folder, after, resamples, used_after)),
        _named(before, estimate.of_task(folder, before, resamples, used_before)),
    )
