"""Whether a task can be scored against labels: a score of 0 is to tell of the model, not of its classes' names."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import InvalidValue, MissingData

SHOWN = 3
"""Names that an error shows of either side."""


def check_labelled(task: str, labels: pa.Table, images: int) -> None:
    """Raises MissingData where no image, of so many, has a label to find; what is to be ignored is none.

    labels:  ground truth of the task, in a schema of `core.labels`.
    """
    if not _to_find(labels).num_rows:
        todo = "take more of the dataset, or leave the task out: a score would be of nothing"
        raise MissingData(f"labels for {task}", f"none to find in {images} images or videos", todo)


def check_classes(task: str, classes: Collection[str], labels: pa.Table) -> None:
    """Raises InvalidValue where labels name classes, and none of those is one of `classes`, which the model knows."""
    if "class_name" not in labels.column_names:
        return
    label_classes = set(pc.unique(_to_find(labels)["class_name"]).to_pylist())
    if label_classes.isdisjoint(classes):
        expected = f"a class of the labels that the model of {task} knows, such as {_some(classes)}"
        got = f"0 of {len(label_classes)} label classes ({_some(label_classes)}) are classes of the model"
        raise InvalidValue(expected, got, "name the labels' classes as the model does, or choose another model")


def _to_find(labels: pa.Table) -> pa.Table:
    return labels.filter(pc.invert(labels["ignore"])) if "ignore" in labels.column_names else labels


def _some(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
