"""A run's numbers with their uncertainty: every operating point, its change against the original, corrected tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream import runs, tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.quality import quality_text
from ahc_stream.report import estimate, quantity
from ahc_stream.report.estimate import Estimate
from ahc_stream.report.paired import holm
from ahc_stream.report.points import is_video, metric_names, rows_of
from ahc_stream.report.quantity import METRIC, Quantity
from ahc_stream.report.resample import Resamples, interval, items_of, p_value, resample
from ahc_stream.report.rows import Point, short_names, split
from ahc_stream.report.scores import ORIGINAL, Scored, scored, shared_units
from ahc_stream.runs import RunReader


@dataclass(frozen=True)
class Settings:
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
class Change:
    """A value minus the original's, of the items that both have. p: no change at all; p_holm: corrected for all the
    changes of this task that the report looks at."""

    value: float
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None = None


@dataclass(frozen=True)
class Dot:
    """One operating point. row: as `operating_points` has it. scored: by task. Estimates by the name of a quantity.
    label: its short name, "h264@38", which no other dot of the run has."""

    point: Point
    row: Mapping[str, Any]
    scored: Mapping[str, Scored]
    estimates: Mapping[str, Estimate]
    changes: Mapping[str, Change] = field(default_factory=dict)
    label: str = ""

    @property
    def is_original(self) -> bool:
        return self.point["codec"] == ORIGINAL

    @property
    def curve(self) -> str:
        """The codec and its options: dots of one curve differ in quality only."""
        return f"{self.point['codec']}:{self.point['options']}" if self.point["options"] else str(self.point["codec"])


@dataclass(frozen=True)
class Analysis:
    """All that a report is made of. Empty of dots where the run has no finished row."""

    run: RunReader
    settings: Settings
    video: bool
    items: int
    quantities: tuple[Quantity, ...] = ()
    dots: tuple[Dot, ...] = ()
    resamples: Resamples | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        return self.run.folder

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

    def leading(self, task: str) -> Quantity:
        """The score of a task that stands for it: its first headline score, of a task without such its first."""
        return next(each for each in self.quantities if each.family == task)


def curve_names(dots: Iterable[Dot]) -> dict[str, str]:
    """Curve -> a short name: the codec, and of its options those in which its curves differ. Not the original."""
    curves = {dot.curve: dot.point for dot in dots if not dot.is_original}
    names = short_names(curves.values())
    return {curve: names[point["codec"], point["options"]] for curve, point in curves.items()}


def _labels(dots: Sequence[Dot]) -> Iterator[str]:
    names = curve_names(dots)
    for dot in dots:
        codec, _, options = names.get(dot.curve, dot.point["codec"]).partition(" ")
        quality = quality_text(dot.point["quality"], dot.point["options"])
        yield f"{codec}{'@' if quality else ''}{quality} {options}".rstrip()


def analyse(folder: Path, settings: Settings = Settings()) -> Analysis:
    """Reads the tables of the run under `folder`. Raises StorageError where it is none, InvalidValue for settings."""
    run = runs.open(folder)
    frames, video = run.frames, is_video(run)
    if not frames.num_rows:
        return Analysis(run, settings, video, 0)
    resamples = resample(
        items_of(frames.group_by(["dataset", "item"]).aggregate([])), settings.resamples, settings.seed
    )
    points = split(frames)
    found = scored(run, points, settings.reference)
    rows = rows_of(run, points, found)
    dots = [
        _dot(folder, point, part, row, _of(found, point), video, resamples)
        for (point, part), row in zip(points, rows, strict=True)
    ]
    dots.sort(key=lambda dot: (not dot.is_original, dot.curve, dot.row["bpp"]))
    dots = [replace(dot, label=label) for dot, label in zip(dots, _labels(dots), strict=True)]
    quantities = _quantities(metric_names(frames), dots)
    dots = _with_changes(folder, dots, quantities, resamples, settings)
    return Analysis(run, settings, video, len(resamples.items), quantities, tuple(dots), resamples)


def _of(found: Iterable[Scored], point: Point) -> dict[str, Scored]:
    """By task; a tally without rows (no label to find) is none."""
    return {each.task.name: each for each in found if each.point == point and each.tally.num_rows}


def _dot(
    folder: Path,
    point: Point,
    frames: pa.Table,
    row: Mapping[str, Any],
    of_tasks: Mapping[str, Scored],
    video: bool,
    resamples: Resamples,
) -> Dot:
    estimates = estimate.of_frames(frames, metric_names(frames), video, resamples)
    for name, each in of_tasks.items():
        scores = estimate.of_task(folder, each, resamples)
        estimates |= {f"{name}_{score}": value for score, value in scores.items()}
    return Dot(point, row, of_tasks, estimates)


def _quantities(metrics: Sequence[str], dots: Sequence[Dot]) -> tuple[Quantity, ...]:
    """Metrics, then task by task its headline scores and its others, in the order of the table and of its scorer."""
    found = [quantity.of_metric(name) for name in metrics]
    for task in dict.fromkeys(task for dot in dots for task in dot.scored):
        columns = dict.fromkeys(name for dot in dots if task in dot.scored for name in dot.estimates)
        names = [name.removeprefix(f"{task}_") for name in columns if name.startswith(f"{task}_")]
        headline = [name for name in tasks.find(task).headline if name in names]
        scores = [quantity.of_score(task, name) for name in dict.fromkeys([*headline, *names])]
        found += [each for each in scores if each]
    return tuple(found)


def _with_changes(
    folder: Path, dots: Sequence[Dot], quantities: Sequence[Quantity], resamples: Resamples, settings: Settings
) -> list[Dot]:
    original = next((dot for dot in dots if dot.is_original), None)
    if original is None:
        return list(dots)
    wanted = [each.name for each in quantities if each.family != METRIC]
    changes = [
        {} if dot is original else _changes(folder, dot, original, wanted, resamples, settings.level) for dot in dots
    ]
    changes = _corrected(changes, quantities)
    return [replace(dot, changes=found) for dot, found in zip(dots, changes, strict=True)]


def _changes(
    folder: Path, dot: Dot, original: Dot, wanted: Iterable[str], resamples: Resamples, level: float
) -> dict[str, Change]:
    found: dict[str, Change] = {}
    for task in dot.scored.keys() & original.scored.keys():
        after, before = _shared(folder, dot, original, task, resamples)
        for name in (name for name in wanted if name.startswith(f"{task}_") and name in after and name in before):
            change = difference(after[name], before[name], level)
            found |= {name: change} if change else {}
    return found


def _shared(
    folder: Path, dot: Dot, original: Dot, task: str, resamples: Resamples
) -> tuple[Mapping[str, Estimate], Mapping[str, Estimate]]:
    """The estimates of both points over the units that both have; as they are, where these are the same."""
    sides = dot.scored[task], original.scored[task]
    used = shared_units(*(side.tally for side in sides))
    if all(weights.all() for weights in used):
        return dot.estimates, original.estimates
    after, before = (
        estimate.of_task(folder, side, resamples, weights) for side, weights in zip(sides, used, strict=True)
    )
    return tuple({f"{task}_{name}": value for name, value in part.items()} for part in (after, before))


def difference(after: Estimate, before: Estimate, level: float) -> Change | None:
    """`after` - `before`, paired draw by draw; None where either is undefined or infinite."""
    value = math.nan if after.value is None or before.value is None else after.value - before.value
    if not math.isfinite(value):
        return None
    if after.replicates is None or before.replicates is None:
        return Change(value, None, None, None)
    replicates = after.replicates - before.replicates
    return Change(
        value, *interval(value, replicates, level), p_value(value, replicates, min(after.items, before.items))
    )


def _corrected(changes: Sequence[Mapping[str, Change]], quantities: Sequence[Quantity]) -> list[dict[str, Change]]:
    """The same with `p_holm`: the family of tests is one task's scores at all points."""
    corrected = [dict(found) for found in changes]
    for family in dict.fromkeys(each.family for each in quantities):
        names = [each.name for each in quantities if each.family == family]
        tested = [
            (at, name)
            for at, found in enumerate(changes)
            for name in names
            if name in found and found[name].p is not None
        ]
        for (at, name), p in zip(tested, holm([changes[at][name].p for at, name in tested]), strict=True):
            was = changes[at][name]
            corrected[at][name] = Change(was.value, was.low, was.high, was.p, p)
    return corrected
