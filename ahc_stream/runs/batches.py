"""Rows that wait to be written, in batches that cannot be written twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from ahc_stream.runs.commits import write_batch
from ahc_stream.store.folders import Folder
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

    def __init__(self, folder: Folder, start: int, schemas: Mapping[str, pa.Schema]) -> None:
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

    def next_number(self) -> int:
        """A number that no batch of this start has or will have, for one that somebody else writes."""
        self.flush()
        last = self._batches[-1]
        last.number += 1
        return last.number - 1

    def _write(self, batch: Batch) -> None:
        write_batch(self._folder, self._start, batch.number, joined_rows(batch.added, self._start, self._schemas))


def joined_rows(added: Sequence[Rows], start: int, schemas: Mapping[str, pa.Schema]) -> dict[str, pa.Table]:
    """Table -> all of its rows, with their start; of tables that have any."""
    tables = {name: _joined(added, start, name, schema) for name, schema in schemas.items()}
    return {name: rows for name, rows in tables.items() if rows.num_rows}


def _joined(added: Sequence[Rows], start: int, table: str, schema: pa.Schema) -> pa.Table:
    pieces = [schema.empty_table()]
    pieces += [rows[table].cast(schema) for rows in added if table in rows]
    joined = pa.concat_tables(pieces)
    number = pa.scalar(start, START[1])
    return joined.append_column(pa.field(*START), pa.repeat(number, joined.num_rows))
