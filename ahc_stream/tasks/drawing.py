"""How a task is drawn: the functions of its drawer (see `shapes`), found by the task's name."""

from __future__ import annotations

from ahc_stream.core.loading import load
from ahc_stream.tasks.shapes import Drawing
from ahc_stream.tasks.table import TASKS, find


def prediction_drawing(task: str) -> Drawing | None:
    """What draws the predictions of a task; None where its drawer does not. Raises ImportError and AttributeError for
    a user's drawer that is not there."""
    return _function(find(task).drawer, "predictions")


def label_drawing(task: str) -> Drawing | None:
    """What draws the labels of a task: its own drawer, else that of the task in the table whose labels it takes."""
    entry = find(task)
    owner = TASKS.get(entry.labels)
    drawers = [entry.drawer, owner.drawer if owner else ""]
    functions = (_function(drawer, "labels") for drawer in drawers)
    return next((function for function in functions if function), None)


def why_undrawn(task: str) -> str:
    """Why a report cannot draw a user's task that names a drawer; empty where it can, and where none is named."""
    drawer = find(task).drawer
    try:
        _function(drawer, "predictions")
    except (ImportError, AttributeError) as error:
        return f"the drawer {drawer} of {task} cannot be imported here ({error})"
    return ""


def _function(drawer: str, name: str) -> Drawing | None:
    return getattr(load(drawer), name, None) if drawer else None
