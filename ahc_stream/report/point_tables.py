"""The operating points as tables of texts, and what they leave unsaid: what a terminal and a notebook show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ahc_stream import tasks
from ahc_stream.core.quality import quality_text
from ahc_stream.core.wording import counted
from ahc_stream.report import completeness
from ahc_stream.report.medium import MIXED_RATE, media_of
from ahc_stream.report.metric_mean import infinite_sentences, undefined_column
from ahc_stream.report.points import PointRow, estimated_rate_of, metric_names
from ahc_stream.report.quantity import (
    AGREEMENT,
    SHARE_DECIMALS,
    Quantity,
    looks_like_share,
    of_metric,
    score_column,
)
from ahc_stream.report.rows import short_names
from ahc_stream.report.scores import TaskPoint, change_column
from ahc_stream.report.task_counts import count_sentences, silence_sentences
from ahc_stream.runs import RunReader
from ahc_stream.tallies import LABELS, REFERENCES, specs_of, why_unscored


@dataclass(frozen=True)
class Column:
    """One column of a printed table. name: of `operating_points`. signed: a change, whose sign is always shown. rank:
    how soon it is left out where a terminal is narrow, 0 last. in_points: it is told in hundredths."""

    name: str
    heading: str
    decimals: int
    signed: bool = False
    rank: int = 0
    in_points: bool = False

    def text(self, row: PointRow) -> str:
        value = row.get(self.name)
        if value is None:
            return "-"
        if isinstance(value, int):
            return str(value)
        return f"{100 * value if self.in_points else value:{'+' if self.signed else ''}.{self.decimals}f}"


KEYS = ("codec", "quality", "frames")
"""Headings of what each table begins with."""
RATE = Column("bpp", "bpp", 3)
RATES = (RATE, Column("bpp_stills", "bpp_stills", 3, rank=1), Column("bpp_video", "bpp_video", 3, rank=1))
"""The latter two are there where a run holds stills and video."""
PREDICTIONS = Column("predictions", "predictions", 0)
"""Of a task that has no score, since it predicts nothing and there is no label."""
SPEEDS = (
    Column("kbit_s", "kbit_s", 1, rank=1),
    Column("encode_fps", "encode_fps", 1, rank=3),
    Column("decode_fps", "decode_fps", 1, rank=3),
)
METRIC_RANK = 2
"""Of a metric that is not the leading one."""


@dataclass(frozen=True)
class PointTable:
    """A row of texts per operating point. title: the task, and what it is scored against; empty of the table of rates
    and metrics. The first columns are KEYS. ranks: of each column, how soon it is left out where room is short, 0 last.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ranks: tuple[int, ...] = ()


@dataclass(frozen=True)
class PointTables:
    """notes: what the tables leave unsaid. unscored: why tasks have no scores. gaps: what the run lacks."""

    tables: tuple[PointTable, ...]
    notes: tuple[str, ...]
    unscored: tuple[str, ...]
    gaps: tuple[str, ...]


def point_tables(run: RunReader, rows: Sequence[PointRow], scores: Sequence[Mapping[str, TaskPoint]]) -> PointTables:
    """What is shown of `rows`, those of `operating_points`: rates and metrics, then the scores of each task.

    scores:  what each task says at each of `rows`, by task.
    """
    tables = [_table(rows, _columns_of_run(run, rows))] if rows else []
    for task in dict.fromkeys(name for by_task in scores for name in by_task):
        at_points = [by_task[task] for by_task in scores]
        reference = next((point.reference for point in at_points if point.reference), LABELS)
        columns = list(_columns_of_task(task, at_points, reference))
        if not columns and not any(point.predictions for point in at_points):
            zeros = [dict(row) | {PREDICTIONS.name: 0} for row in rows]
            tables.append(_table(zeros, [RATE, PREDICTIONS], task))
        if columns:
            title = task if reference == LABELS else f"{task}: {AGREEMENT} with the original"
            tables.append(_table(rows, [RATE, *columns], title))
    return PointTables(
        tuple(tables),
        notes=tuple(_notes(run, rows, scores)) if rows else (),
        unscored=tuple(filter(None, (why_unscored(run, spec) for spec in specs_of(run)))),
        gaps=tuple(completeness.warnings(run)),
    )


def _columns_of_run(run: RunReader, rows: Sequence[PointRow]) -> list[Column]:
    """Rates, every metric of the run, speeds; of the rates and speeds those that any row has."""
    estimated = estimated_rate_of(run)
    rates = [*RATES, *([Column(estimated.name, estimated.name, estimated.decimals)] if estimated else [])]
    metrics = [_column_of_metric(of_metric(name)) for name in metric_names(run.frames)]
    columns = [*rates, *metrics, *SPEEDS]
    return [column for column in columns if any(column.name in row for row in rows)]


def _column_of_metric(metric: Quantity) -> Column:
    return Column(metric.name, metric.name, metric.decimals, rank=0 if metric.is_leading else METRIC_RANK)


def _columns_of_task(task: str, at_points: Sequence[TaskPoint], reference: str) -> Iterator[Column]:
    """The headline of a task, each score with its change."""
    values = {name for point in at_points for name in point.values}
    counts = {name for point in at_points for name in point.counts}
    for score in tasks.find(task).scores:
        heading = score.name if reference == LABELS else f"{AGREEMENT} {score.name}"
        if not score.headline:
            continue
        known = [point.values[score.name] for point in at_points if score.name in point.values]
        in_points = bool(known) and (score.is_share if score.is_share is not None else looks_like_share(known))
        decimals = SHARE_DECIMALS if in_points else score.decimals
        if score.name in values | counts:
            yield Column(score_column(task, score.name, reference), heading, decimals, in_points=in_points)
        if score.name in values:
            name = change_column(task, score.name, reference)
            yield Column(name, f"{heading} ±", decimals, signed=True, in_points=in_points)


def _table(rows: Sequence[PointRow], columns: Sequence[Column], title: str = "") -> PointTable:
    names = short_names(rows)
    lines = []
    for row in rows:
        codec = names[row["codec"], row["options"]]
        quality = quality_text(row["quality"], row["options"])
        lines.append((codec, quality, str(row["frames"]), *(column.text(row) for column in columns)))
    headings = *KEYS, *(column.heading for column in columns)
    ranks = *(0 for _ in KEYS), *(column.rank for column in columns)
    return PointTable(title, headings, tuple(lines), ranks)


def _notes(run: RunReader, rows: Sequence[PointRow], scores: Sequence[Mapping[str, TaskPoint]]) -> Iterator[str]:
    """What the tables leave unsaid, a line each."""
    yield from _options(rows)
    yield from _gaps(metric_names(run.frames), rows)
    yield from _references(scores)
    for task in dict.fromkeys(name for by_task in scores for name in by_task):
        at_points = [by_task[task] for by_task in scores]
        by_label = dict(zip(_labels(rows), at_points, strict=True))
        yield from (*count_sentences(task, by_label), *silence_sentences(task, by_label))
    yield f"n: {counted(rows[0]['items'], 'item')}, {counted(rows[0]['frames'], 'frame')} at {next(_labels(rows))}"
    estimated = estimated_rate_of(run)
    if estimated:
        yield f"{estimated.name}: {estimated.definition}"
    yield "bpp: payload bits per true pixel"
    if media_of(run).is_mixed:
        yield MIXED_RATE
    if any(point.values for by_task in scores for point in by_task.values()):
        yield "±: change against identity, the uncompressed original; of shares, which are in %, in points"


def _options(rows: Sequence[PointRow]) -> dict[str, Any]:
    """Lines without repetition, in order, as keys."""
    names = short_names(rows)
    with_options = [row for row in rows if row["options"]]
    return dict.fromkeys(f"{names[row['codec'], row['options']]}: {row['options']}" for row in with_options)


def _gaps(metrics: Sequence[str], rows: Sequence[PointRow]) -> Iterator[str]:
    labelled = dict(zip(_labels(rows), rows, strict=True))
    for name in metrics:
        count = max(row[undefined_column(name)] for row in rows)
        if count:
            yield f"{name} is not defined for {counted(count, 'frame')}, which its mean leaves out"
        yield from infinite_sentences(of_metric(name), labelled)


def _labels(rows: Sequence[PointRow]) -> Iterator[str]:
    """Codec and quality of each row, as the tables print them."""
    names = short_names(rows)
    for row in rows:
        quality = quality_text(row["quality"], row["options"])
        yield f"{names[row['codec'], row['options']]}{'@' if quality else ''}{quality}"


def _references(scores: Sequence[Mapping[str, TaskPoint]]) -> Iterator[str]:
    references = {name: point.reference for by_task in scores for name, point in by_task.items() if point.reference}
    for task, reference in references.items():
        yield f"{task}: scored against {REFERENCES[reference]}"
