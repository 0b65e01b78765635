"""What a task's scores rest on at each operating point: how many labels, and whether it predicted anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ahc_stream.core.wording import abridged, counted
from ahc_stream.report.scores import TaskPoint

MOST_POINTS = 6
"""That a sentence names."""


def count_sentences(task: str, points: Mapping[str, TaskPoint]) -> Iterator[str]:
    """Sentences without their full stop. points: what the task says, by the label of an operating point."""
    labels = [point.labels for point in points.values() if point.reference]
    least, most = min(labels, default=0), max(labels, default=0)
    if most:
        yield f"{task}: n = {counted(most, 'label')} at each point" + (f", {least} at least" if least < most else "")


def silence_sentences(task: str, points: Mapping[str, TaskPoint]) -> Iterator[str]:
    """The same of the points at which a task predicts nothing at all."""
    silent = [label for label, point in points.items() if point.reference and not point.predictions]
    if silent:
        where = "at any point" if len(silent) == len(points) else f"at {abridged(silent, MOST_POINTS)}"
        yield f"{task} predicts nothing at all {where}: its zeros there are of no prediction, not of wrong ones"
    if points and not any(point.reference or point.predictions for point in points.values()):
        yield f"{task} predicts nothing at all at any point, and there is no label: there is nothing to score"
