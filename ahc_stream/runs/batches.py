"""Rows that wait to be written, in batches that cannot be written twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from ahc_stream.runs.commits import write_batch
from ahc_stream.tables import START, Rows


@dataclass
class Batch:
    """Rows that are committed together, in the order in which they came."""

    number: int
    added: list[Rows] = field(default_factory=list)


class Batches:
    """The batches of one start. An interruption (Ctrl-C, a signal) may come between any two steps.

    Rows are in exactly one batch from the moment they are added, and a batch has its number for good. The last batch is
    open; those before it are being written, and are gone once they are committed. So whatever was interrupted, the next
    `flush` writes the same rows under the same name, or finds them committed.
    """

    def __init__(self, folder: Path, start: int, schemas: Mapping[str, pa.Schema]) -> None:
        self._folder, self._start, self._schemas = folder, start, schemas
        self._batches = [Batch(0)]

    def add(self, rows: Rows) -> None:
        """Rows without the column `start`."""
        self._batches[-1].added.append(rows)

    def flush(self) -> None:
        """Commits what has been added, in the order of batches. Raises StorageError."""
        last = self._batches[-1]
        if last.added:
            self._batches.append(Batch(last.number + 1))
        while len(self._batches) > 1:
            self._write(self._batches[0])
            del self._batches[0]

    def _write(self, batch: Batch) -> None:
        tables = {name: self._rows(batch, name) for name in self._schemas}
        filled = {name: rows for name, rows in tables.items() if rows.num_rows}
        write_batch(self._folder, self._start, batch.number, filled)

    def _rows(self, batch: Batch, table: str) -> pa.Table:
        """All rows of one table, with their start."""
        schema = self._schemas[table]
        pieces = [schema.empty_table()]
        pieces += [rows[table].cast(schema) for rows in batch.added if table in rows]
        joined = pa.concat_tables(pieces)
        start = pa.scalar(self._start, START[1])
        return joined.append_column(pa.field(*START), pa.repeat(start, joined.num_rows))
