"""What a manifest must look like before anything is read from it, or is written as one."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ahc_stream.core.foreign_text import shown
from ahc_stream.core.labels import KEY
from ahc_stream.runs.parts import PART
from ahc_stream.runs.shape import FLAG, TEXT, Integer, ListOf, MapOf, Nullable, Number, Record, Scalar, fault, unlike
from ahc_stream.tables import FRAMES, LABELS, POINT, PREDICTIONS, STREAMS, with_start

MOST_STARTS = 2**31 - 1
"""The column `start` of the tables holds no larger number."""


@dataclass(frozen=True)
class Columns:
    """An Arrow schema in base64 that has at least these columns."""

    least: pa.Schema

    def faults(self, value: Any, path: str) -> Iterator[str]:
        schema = _decoded_or_none(value) if isinstance(value, str) else None
        if schema is None:
            yield unlike(value, path, "schema")
            return
        for column in self.least:
            index = schema.get_field_index(column.name)
            if index < 0 or not schema.field(index).equals(column):
                yield f"{path} without the column {column.name}: {column.type}"


def _decoded_or_none(text: str) -> pa.Schema | None:
    try:
        return decoded(text)
    except (ValueError, OSError, pa.ArrowException):
        return None


def decoded(text: str) -> pa.Schema:
    """The schema that a manifest holds as text."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


def encoded(schema: pa.Schema) -> str:
    """The text that a manifest holds of a schema."""
    message = schema.remove_metadata().serialize()
    return base64.b64encode(message.to_pybytes()).decode()


TEXT_OR_NUMBER = Scalar("text or number", (str, int, float))
START_NUMBER = Integer(1, MOST_STARTS)
TEXTS = ListOf(TEXT)
POINT_SHAPE = Record({"codec": TEXT, "quality": Nullable(Number()), "options": TEXT}, closed=True)
SECONDS = Number(least=0.0)
LOAD = Record(
    {"setup": SECONDS, "busy": SECONDS, "starved": SECONDS, "blocked": SECONDS, "items": Integer()},
    closed=True,
)
START_SHAPE = Record(
    {
        "id": START_NUMBER,
        "points": ListOf(POINT_SHAPE),
        "shard": ListOf(Integer(), 2, 2),
        "items": Integer(),
        "commit": Nullable(TEXT),
        "versions": Nullable(MapOf(Nullable(TEXT))),
        "hardware": Nullable(MapOf(Nullable(TEXT_OR_NUMBER))),
        "most_alive": MapOf(Integer()),
        "started": TEXT,
        "finished": Nullable(TEXT),
        "ended": Nullable(TEXT),
        "failures": Nullable(Integer()),
        "notes": TEXTS,
    },
    optional={
        "loads": MapOf(LOAD),
        "gpu_load": MapOf(Nullable(TEXT_OR_NUMBER)),
        "peak_memory_gib": Number(least=0.0),
        "folder": Nullable(TEXT),
    },
)
EXPERIMENT = Record(
    {
        "dataset": TEXT,
        "metric_profile": TEXT,
        "source": TEXT,
        "clean": FLAG,
        "codecs": TEXTS,
        "out": Nullable(TEXT),
    },
    optional={
        "tasks": Nullable(TEXTS),
        "metrics": Nullable(TEXTS),
        "root": Nullable(TEXT),
        "limit": Nullable(Integer()),
        "frames": Nullable(ListOf(Nullable(Integer()), 2, 2)),
        "every": Integer(least=1),
        "precision": TEXT,
    },
)
SCHEMAS = Record({"frames": Columns(with_start(FRAMES)), "streams": Columns(with_start(STREAMS))})
PREDICTION_COLUMNS = Columns(with_start(pa.schema([*KEY, *POINT])))
MANIFEST = Record(
    {
        "format": Integer(),
        "experiment": EXPERIMENT,
        "dataset": Record({"name": TEXT, "licence": TEXT, "items": Integer(), "fingerprint": TEXT}),
        "points": ListOf(POINT_SHAPE),
        "tasks": TEXTS,
        "metrics": MapOf(TEXT),
        "weights": MapOf(Record({"file": TEXT, "sha256": TEXT, "licence": TEXT})),
        "scorers": MapOf(TEXT),
        "schemas": SCHEMAS,
        "tables": MapOf(PART),
        "replaced": MapOf(START_NUMBER),
        "starts": ListOf(START_SHAPE, least=1),
    }
)


def manifest_fault(manifest: Any) -> str | None:
    """The first thing that keeps a value from being a manifest; None where it is one."""
    return fault(manifest, MANIFEST) or next(_contradictions(manifest), None)


def _contradictions(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Of a manifest whose values are of the right kinds."""
    times = Counter(start["id"] for start in manifest["starts"])
    yield from (f"{count} starts with the number {number}" for number, count in times.items() if count > 1)
    for name, text in manifest["schemas"].items():
        if name.startswith(PREDICTIONS):
            yield from PREDICTION_COLUMNS.faults(text, f"schemas.{name}")
        elif name not in SCHEMAS.shapes:
            yield f"schemas.{name}, which no start writes"
    for name, record in manifest["tables"].items():
        if not (name == "items" or name.startswith(LABELS)):
            yield f"tables.{name}, which is neither items nor labels"
        elif not re.fullmatch(rf"{re.escape(name)}/part-\d+\.parquet", record["file"]):
            yield f"tables.{name}.file = {shown(record['file'])}, which is no part of {name}"
