"""Whether a task can be scored against labels: a score of 0 is to tell of the model, not of its classes' names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.wording import abridged, counted

NAMED_UNKNOWN = 10
"""Unknown classes that a note names."""
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
        todo = "name the labels' classes as the model does (a map does it: --classes FILE), or choose another model"
        raise InvalidValue(expected, got, todo)


def unknown_classes(task: str, classes: Collection[str], labels: pa.Table, count_as: str = "missed") -> Iterator[str]:
    """A note that names the classes of labels which the model does not know, and how many labels they have.

    count_as:  what the scorer makes of these.
    """
    if "class_name" not in labels.column_names:
        return
    counts = Counter(_to_find(labels)["class_name"].to_pylist())
    unknown = {name: count for name, count in counts.most_common() if name not in classes}
    if unknown:
        named = abridged([f"{name}: {count}" for name, count in unknown.items()], NAMED_UNKNOWN)
        which = f"{len(unknown)} of {len(counts)} label classes are unknown to the model of {task}"
        yield f"{which}, and their {counted(sum(unknown.values()), 'label')} count as {count_as} ({named})"


def unused_labels(known: Collection[str], used: Collection[str]) -> Iterator[str]:
    """A note for each table of labels that no task is scored against, with how it would be used."""
    for name in known:
        if name not in used:
            yield f"there are labels for {name}, and no task uses them: --task {name} is scored against them"


def without_labels(task: str) -> str:
    """The note that a task is scored by itself."""
    return f"no labels for {task}: its scores are agreement with its own predictions on the original"


def _to_find(labels: pa.Table) -> pa.Table:
    return labels.filter(pc.invert(labels["ignore"])) if "ignore" in labels.column_names else labels


def _some(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
