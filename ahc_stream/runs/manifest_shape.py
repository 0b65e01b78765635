"""What a manifest must look like before anything is read from it, or is written as one."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ahc_stream.core.labels import KEY
from ahc_stream.runs.parts import PART
from ahc_stream.runs.shape import FLAG, TEXT, Each, Fields, Kind, Maybe, Named, Number, Whole, fault, unlike
from ahc_stream.tables import FRAMES, POINT, STREAMS, with_start

MOST_STARTS = 2**31 - 1
"""The column `start` of the tables holds no larger number."""


@dataclass(frozen=True)
class Columns:
    """An Arrow schema in base64 that has at least these columns."""

    least: pa.Schema

    def faults(self, value: Any, at: str) -> Iterator[str]:
        schema = _decoded(value) if isinstance(value, str) else None
        if schema is None:
            yield unlike(value, at, "schema")
            return
        for column in self.least:
            place = schema.get_field_index(column.name)
            if place < 0 or not schema.field(place).equals(column):
                yield f"{at} without the column {column.name}: {column.type}"


def _decoded(text: str) -> pa.Schema | None:
    try:
        return decoded(text)
    except (ValueError, OSError, pa.ArrowException):
        return None


def decoded(text: str) -> pa.Schema:
    """The schema that a manifest holds as text."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


def encoded(schema: pa.Schema) -> str:
    """The text that a manifest holds of a schema."""
    return base64.b64encode(schema.remove_metadata().serialize().to_pybytes()).decode()


TEXT_OR_NUMBER = Kind("text or number", (str, int, float))
START_NUMBER = Whole(1, MOST_STARTS)
TEXTS = Each(TEXT)
AT = Fields({"codec": TEXT, "quality": Maybe(Number()), "options": TEXT}, closed=True)
SECONDS = Number(least=0.0)
LOAD = Fields(
    {"setup": SECONDS, "busy": SECONDS, "starved": SECONDS, "blocked": SECONDS, "items": Whole()}, closed=True
)
START = Fields(
    {
        "id": START_NUMBER, "points": Each(AT), "shard": Each(Whole(), 2, 2), "items": Whole(), "commit": Maybe(TEXT),
        "versions": Maybe(Named(Maybe(TEXT))), "hardware": Maybe(Named(Maybe(TEXT_OR_NUMBER))),
        "most_alive": Named(Whole()), "started": TEXT, "finished": Maybe(TEXT), "ended": Maybe(TEXT),
        "failures": Maybe(Whole()), "notes": TEXTS,
    },
    optional={"loads": Named(LOAD), "peak_memory_gib": Number(least=0.0)},
)  # fmt: skip
EXPERIMENT = Fields(
    {"dataset": TEXT, "metric_profile": TEXT, "source": TEXT, "clean": FLAG, "codecs": TEXTS, "out": Maybe(TEXT)},
    optional={"tasks": Maybe(TEXTS), "metrics": Maybe(TEXTS), "root": Maybe(TEXT), "limit": Maybe(Whole())},
)
SCHEMAS = Fields({"frames": Columns(with_start(FRAMES)), "streams": Columns(with_start(STREAMS))})
PREDICTIONS = Columns(with_start(pa.schema([*KEY, *POINT])))
MANIFEST = Fields(
    {
        "format": Whole(), "experiment": EXPERIMENT,
        "dataset": Fields({"name": TEXT, "licence": TEXT, "items": Whole(), "fingerprint": TEXT}),
        "points": Each(AT), "tasks": TEXTS, "metrics": Named(TEXT),
        "weights": Named(Fields({"file": TEXT, "sha256": TEXT, "licence": TEXT})), "scorers": Named(TEXT),
        "schemas": SCHEMAS, "tables": Named(PART), "replaced": Named(START_NUMBER), "starts": Each(START, least=1),
    }
)  # fmt: skip


def manifest_fault(manifest: Any) -> str | None:
    """The first thing that keeps a value from being a manifest; None where it is one."""
    return fault(manifest, MANIFEST) or next(_contradictions(manifest), None)


def _contradictions(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Of a manifest whose values are of the right kinds."""
    times = Counter(start["id"] for start in manifest["starts"])
    yield from (f"{count} starts with the number {number}" for number, count in times.items() if count > 1)
    for name, text in manifest["schemas"].items():
        if name.startswith("predictions_"):
            yield from PREDICTIONS.faults(text, f"schemas.{name}")
        elif name not in SCHEMAS.shapes:
            yield f"schemas.{name}, which no start writes"
    for name, part in manifest["tables"].items():
        if not (name == "items" or name.startswith("labels_")):
            yield f"tables.{name}, which is neither items nor labels"
        elif not re.fullmatch(rf"{re.escape(name)}/part-\d+\.parquet", part["file"]):
            yield f"tables.{name}.file = {part['file']!r}, which is no part of {name}"
