"""What is drawn over a picture: the shapes of a task's own drawer (see `tasks.shapes`)."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.shapes import KINDS, Drawing, Shape

Overlays = dict[str, list[Shape]]
"""Shapes of predictions on the original ("before") and on the decoded frame ("after"), and of the labels ("truth")."""


def overlays(task: str, before: pa.Table, after: pa.Table, labels: pa.Table | None) -> Overlays:
    """The shapes of one frame, of what the task's drawer draws; none of a user's drawer that cannot be imported.

    before, after:  the predictions on the original and on the decoded frame.
    labels:         the ground truth; None where the run has none.
    Raises InvalidValue for a shape of an unknown kind.
    """
    return dict(_overlays(task, before, after, labels))


def _overlays(
    task: str, before: pa.Table, after: pa.Table, labels: pa.Table | None
) -> Iterator[tuple[str, list[Shape]]]:
    if tasks.why_undrawn(task):
        return
    draw_predictions, draw_labels = tasks.prediction_drawing(task), tasks.label_drawing(task)
    if draw_predictions:
        yield "before", _drawn(draw_predictions, before)
        yield "after", _drawn(draw_predictions, after)
    if draw_labels and labels is not None:
        yield "truth", _drawn(draw_labels, labels)


def _drawn(drawing: Drawing, rows: pa.Table) -> list[Shape]:
    shapes = drawing(rows) if rows.num_rows else []
    unknown = [shape for shape in shapes if shape.get("kind") not in KINDS]
    if unknown:
        todo = "make shapes with the functions of ahc_stream.tasks.shapes"
        raise InvalidValue(f"shapes of the kinds {', '.join(KINDS)}", repr(unknown[0]), todo)
    return shapes
