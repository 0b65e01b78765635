"""A place in a run's folder that a start gives to another process, which writes the rows of one batch there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ahc_stream.core.failure import Failure
from ahc_stream.core.note import ItemNote
from ahc_stream.runs.batches import joined_rows
from ahc_stream.runs.commits import Commit, part_file, write_parts
from ahc_stream.runs.failures import failure_row, note_row
from ahc_stream.store.atomic import storing
from ahc_stream.store.folders import Folder
from ahc_stream.tables import Rows


@dataclass(frozen=True)
class BatchPlace:
    """One batch of a start, by its number. It can be sent to another process, also on another machine that sees the
    folder.

    What is written there does not exist for readers until the start adopts it. So of two who did the same work, because
    one of them was believed dead, one is adopted; and the other's files have names of their own.
    """

    folder: Folder
    start: int
    batch: int
    schemas: Mapping[str, pa.Schema]

    def write(self, rows: Sequence[Rows], failures: Sequence[Failure], notes: Sequence[ItemNote]) -> Commit:
        """The commit that the start adopts. Raises StorageError."""
        of_failures = [{"failures": failure_row(failure)} for failure in failures]
        of_notes = [{"notes": note_row(note)} for note in notes]
        added: list[Rows] = [*of_notes, *rows, *of_failures]
        return write_parts(self.folder, self.start, self.batch, joined_rows(added, self.start, self.schemas))

    def clear(self) -> None:
        """Removes what was written there. Raises StorageError."""
        for table in self.schemas:
            path = self.folder / part_file(table, self.start, self.batch)
            with storing(path):
                path.unlink(missing_ok=True)
