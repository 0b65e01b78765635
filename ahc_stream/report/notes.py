"""What a reader must know before believing a number: what is missing, what is rough, what is compared with what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from ahc_stream import tasks
from ahc_stream.core.note import summary
from ahc_stream.core.wording import abridged, counted
from ahc_stream.report import completeness
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot, rows_by_label
from ahc_stream.report.medium import MIXED_RATE
from ahc_stream.report.metric_mean import infinite_sentences, undefined_column
from ahc_stream.report.resample import FEW_ITEMS, LEAST_ITEMS
from ahc_stream.report.task_counts import silence_sentences
from ahc_stream.tallies import REFERENCES, specs_of, why_unscored

Note = tuple[str, str]
"""("warning" or "fact", sentence)."""
MOST_NAMES = 6
"""Of what a note lists."""


def notes(analysis: Analysis) -> list[Note]:
    """Warnings first."""
    all_notes = [
        *_rows(analysis),
        *_media(analysis),
        *_intervals(analysis),
        *_curves(analysis),
        *_tasks(analysis),
        *_gaps(analysis),
        *left_out(analysis),
        *_starts(analysis),
        *published_notes(analysis),
    ]
    return sorted(all_notes, key=lambda note: note[0] != "warning")


def _warning(sentence: str) -> Note:
    return "warning", sentence


def _fact(sentence: str) -> Note:
    return "fact", sentence


def _rows(analysis: Analysis) -> Iterator[Note]:
    if not analysis.dots:
        yield _warning(
            "The run has no finished row, so there is nothing to show. Start the same command again: it goes on where "
            "it stopped."
        )
    yield from map(_warning, completeness.warnings(analysis.run))
    most = max((dot.row["frames"] for dot in analysis.dots), default=0)
    for dot in analysis.dots:
        frames = dot.row["frames"]
        if frames < most:
            yield _warning(
                f"{dot.label} has {frames} of {counted(most, 'frame')}. Changes compare what both have; curves what "
                "each has."
            )


def _media(analysis: Analysis) -> Iterator[Note]:
    if analysis.media.is_mixed:
        yield _warning(f"{MIXED_RATE}.")


def _intervals(analysis: Analysis) -> Iterator[Note]:
    if not analysis.dots:
        return
    unit = "sequence" if analysis.video else "image"
    items = counted(analysis.items, unit)
    if not analysis.settings.resamples:
        yield _fact("No intervals: none were asked for.")
    elif analysis.items < LEAST_ITEMS:
        yield _warning(f"No intervals and no tests: {items} cannot say how {unit}s differ; {LEAST_ITEMS} are needed.")
    elif analysis.items < FEW_ITEMS:
        yield _warning(f"Intervals are rough: {items} are few, and true intervals are wider.")


def _curves(analysis: Analysis) -> Iterator[Note]:
    curves = [dot.curve for dot in analysis.dots if not dot.is_original]
    if analysis.dots and not curves:
        yield _warning("Only the uncompressed original was run: there is no rate to compare.")
    elif len(curves) == 1:
        yield _fact("One operating point: a dot, no curve.")
    elif len(set(curves)) == 1:
        yield _fact("One codec: there is nothing to compare its curve with.")


def _tasks(analysis: Analysis) -> Iterator[Note]:
    specs = specs_of(analysis.run)
    if not specs:
        yield _fact("No task was run: the report shows rates and metrics.")
    for spec in specs:
        yield from _task(analysis, spec)


def _task(analysis: Analysis, spec: tasks.TaskSpec) -> Iterator[Note]:
    references = {dot.scored[spec.name].reference for dot in analysis.dots if spec.name in dot.scored}
    reason, why_undrawn = why_unscored(analysis.run, spec), tasks.why_undrawn(spec.name)
    points = {dot.label: dot.task_points[spec.name] for dot in analysis.dots if spec.name in dot.task_points}
    silent = [f"{text}." for text in silence_sentences(spec.name, points)]
    if reason:
        yield _warning(f"No scores: {reason}.")
    elif references:
        yield _fact(f"{spec.name} is scored against {REFERENCES[references.pop()]}.")
    elif analysis.dots and not silent:
        yield _warning(
            f"{spec.name} has no score: the run has no label to find, and nothing to stand in for it was asked for or "
            "is there."
        )
    yield from map(_warning, silent)
    if why_undrawn:
        yield _warning(f"Pictures do not show what {spec.name} predicts: {why_undrawn}.")


def left_out(analysis: Analysis) -> Iterator[Note]:
    """Metrics whose means leave out infinite frames."""
    rows = rows_by_label(analysis.dots)
    for metric in analysis.quantities:
        if metric.is_metric:
            yield from (_fact(f"{sentence}.") for sentence in infinite_sentences(metric, rows))


def _gaps(analysis: Analysis) -> Iterator[Note]:
    for metric in analysis.quantities:
        if not metric.is_metric:
            continue
        name = metric.name
        undefined = max((dot.row[undefined_column(name)] for dot in analysis.dots), default=0)
        infinite = [dot for dot in analysis.dots if not dot.is_original and _is_infinite(dot, name)]
        if undefined:
            frames = counted(undefined, "frame")
            yield _fact(f"{name} is not defined for up to {frames} of a point; its means leave them out.")
        if infinite:
            reason = f"every frame is {metric.infinite_if}"
            yield _fact(f"{name} is infinite at {_listed(infinite)} ({reason}): no dot there.")


def _starts(analysis: Analysis) -> Iterator[Note]:
    """What starts of the run said: labels that were corrected, other versions; and what was noticed about items."""
    for start in analysis.run.starts:
        yield from (_fact(f"Start {start['id']}: {note}.") for note in start["notes"])
    yield from (_fact(f"Of originals: {line}.") for line in summary(analysis.run.item_notes))


def published_notes(analysis: Analysis) -> Iterator[Note]:
    """What curves of others are, and how far they are comparable with the run's."""
    if analysis.published:
        yield _fact(
            "Published curves are drawn as their files say: means over images of a data set that the files do not "
            "name, without intervals, and perhaps measured before decoded pictures were rounded to 8 bits. They are in "
            "no delta and no test."
        )
        if analysis.video:
            yield _warning(
                "Published rates are means over images, and the run's is total bits over total pixels of video: they "
                "are not the same quantity."
            )
    for curve in analysis.published:
        if curve.is_estimated:
            yield _warning(
                f"{curve.label}: its rate is an entropy model's estimate, as its description says "
                f"({curve.description}); the run's is of coded bits."
            )
        if curve.left_out:
            names = abridged(curve.left_out, MOST_NAMES)
            yield _fact(
                f"{curve.label}: not drawn, since no metric here is known to have the same definition: {names}."
            )


def _is_infinite(dot: Dot, name: str) -> bool:
    return dot.estimates[name].value in (inf, -inf)


def _listed(dots: Sequence[Dot]) -> str:
    return ", ".join(dot.label for dot in dots)
