"""What comes of scoring files, and the tables that all kinds of them become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.errors import MissingData
from ahc_stream.core.labels import KEY

DATASET = "files"
"""What the rows of foreign files call their dataset."""
NAMED = 5
"""How many images or files a message names."""


@dataclass(frozen=True)
class ScoredFiles:
    """The scores of one submission.

    task:    its name in the table of tasks, which describes the scores.
    scores:  by the names of the task's scorer; NaN where one is not defined.
    facts:   how much was scored and how, by name: "images", "boxes" ...
    notes:   what was left out or assumed, a phrase each.
    """

    task: str
    scores: Mapping[str, float]
    facts: Mapping[str, int | str]
    notes: tuple[str, ...] = ()


def with_labels(result: ScoredFiles, truth: Path) -> ScoredFiles:
    """The same. Raises MissingData where the truth has no label to find, for there a scorer says nothing."""
    if not result.scores:
        todo = "name a truth that has some: a score would be of nothing"
        raise MissingData(f"labels to find in {truth}", "none", todo)
    return result


def frames_of(lengths: Mapping[str, int]) -> pa.Table:
    """KEY columns of every frame. lengths: image or sequence -> how many frames it has."""
    keys = [(item, frame) for item, length in lengths.items() for frame in range(length)]
    columns = {
        "dataset": [DATASET] * len(keys),
        "item": [item for item, _ in keys],
        "frame": [frame for _, frame in keys],
    }
    return pa.table(columns, schema=pa.schema(KEY))


def of_images(images: Iterable[str], columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Rows of images, each at frame 0: KEY columns and `columns`, in the schema."""
    items = list(images)
    keys = {"dataset": [DATASET] * len(items), "item": items, "frame": [0] * len(items)}
    return pa.table({**keys, **columns}, schema=schema)
