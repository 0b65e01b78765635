"""The items of rows, and which of them are videos: their frames follow one another."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.runs.read import RunReader

ITEM = ["dataset", "item"]
Item = tuple[str, str]


def video_items(run: RunReader) -> frozenset[Item]:
    """(dataset, item) of each. A still has the frame number 0, and no frame that follows."""
    followed = run.streams.filter(pc.fill_null(run.streams["consecutive"], False))
    later = run.frames.filter(pc.greater(run.frames["frame"], 0))
    return items_among(followed) | items_among(later)


def items_among(rows: pa.Table) -> frozenset[Item]:
    """(dataset, item) of the rows, each once."""
    return frozenset(items_of(rows.group_by(ITEM).aggregate([])))


def items_of(rows: pa.Table) -> list[Item]:
    """(dataset, item) of each row."""
    dataset, item = (rows[name].to_pylist() for name in ITEM)
    return list(zip(dataset, item, strict=True))
