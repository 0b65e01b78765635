"""What a reader must know before believing a number: what is missing, what is rough, what is compared with what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ahc_stream import tasks
from ahc_stream.report import completeness
from ahc_stream.report.analysis import Analysis, Dot
from ahc_stream.report.resample import FEW_ITEMS, LEAST_ITEMS
from ahc_stream.report.scores import specs_of
from ahc_stream.report.text import AGAINST

Note = tuple[str, str]
"""("warning" or "fact", sentence)."""


def notes(analysis: Analysis) -> list[Note]:
    """Warnings first."""
    found = [
        *_rows(analysis),
        *_intervals(analysis),
        *_curves(analysis),
        *_tasks(analysis),
        *_gaps(analysis),
        *_starts(analysis),
    ]
    return sorted(found, key=lambda note: note[0] != "warning")


def _rows(analysis: Analysis) -> Iterator[Note]:
    if not analysis.dots:
        yield (
            "warning",
            "The run has no finished row, so there is nothing to show. Start the same command again: it goes on where it stopped.",
        )
    yield from (("warning", sentence) for sentence in completeness.warnings(analysis.run))
    most = max((dot.row["frames"] for dot in analysis.dots), default=0)
    for dot in analysis.dots:
        if dot.row["frames"] < most:
            yield (
                "warning",
                f"{dot.label} has {dot.row['frames']} of {most} frames. Changes compare what both have; curves what each has.",
            )


def _intervals(analysis: Analysis) -> Iterator[Note]:
    unit = "sequences" if analysis.video else "images"
    if not analysis.dots:
        return
    if not analysis.settings.resamples:
        yield "fact", "No intervals: none were asked for."
    elif analysis.items < LEAST_ITEMS:
        yield (
            "warning",
            f"No intervals and no tests: {analysis.items} {unit} say nothing about how {unit} differ; {LEAST_ITEMS} are needed.",
        )
    elif analysis.items < FEW_ITEMS:
        yield "warning", f"Intervals are rough: {analysis.items} {unit} are few, and true intervals are wider."


def _curves(analysis: Analysis) -> Iterator[Note]:
    curves = [dot.curve for dot in analysis.dots if not dot.is_original]
    if analysis.dots and not curves:
        yield "warning", "Only the uncompressed original was run: there is no rate to compare."
    elif len(curves) == 1:
        yield "fact", "One operating point: a dot, no curve."
    elif len(set(curves)) == 1:
        yield "fact", "One codec: there is nothing to compare its curve with."


def _tasks(analysis: Analysis) -> Iterator[Note]:
    specs = {spec.name: spec for spec in specs_of(analysis.run)}
    ran = list(specs)
    if not ran:
        yield "fact", "No task was run: the report shows rates and metrics."
    for name in ran:
        references = {dot.scored[name].reference for dot in analysis.dots if name in dot.scored}
        if why := tasks.why_unscored(specs[name]):
            yield "warning", f"No scores: {why}."
        elif references:
            yield "fact", f"{name} is scored against {AGAINST[references.pop()]}."
        elif analysis.dots:
            yield (
                "warning",
                f"{name} has no score: the run has no label to find, and nothing to stand in for it was asked for or is there.",
            )


def _gaps(analysis: Analysis) -> Iterator[Note]:
    for name in (each.name for each in analysis.quantities if each.family == "metric"):
        missing = [dot for dot in analysis.dots if dot.row[f"{name}_undefined"]]
        infinite = [dot for dot in analysis.dots if not dot.is_original and _is_infinite(dot, name)]
        if missing:
            most = max(dot.row[f"{name}_undefined"] for dot in missing)
            yield "fact", f"{name} is not defined for up to {most} frames of a point; its means leave them out."
        if infinite:
            yield "fact", f"{name} is infinite at {_listed(infinite)} (some frame is identical): no dot there."


def _starts(analysis: Analysis) -> Iterator[Note]:
    """What starts of the run said: labels that were corrected, other versions."""
    for start in analysis.run.starts:
        yield from (("fact", f"Start {start['id']}: {note}.") for note in start["notes"])


def _is_infinite(dot: Dot, name: str) -> bool:
    value = dot.estimates[name].value
    return value is not None and value in (float("inf"), float("-inf"))


def _listed(dots: Sequence[Dot]) -> str:
    return ", ".join(dot.label for dot in dots)
