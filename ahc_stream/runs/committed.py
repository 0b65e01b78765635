"""The committed rows of a run's folder, of every start, whether they stand or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import UnknownName
from ahc_stream.runs import manifest
from ahc_stream.runs.commits import Commit, check_known
from ahc_stream.runs.cut import Cut
from ahc_stream.runs.parts import Part, damaged, read_part
from ahc_stream.runs.snapshot import snapshot
from ahc_stream.runs.standing import FRAME, superseded, without_replaced
from ahc_stream.store.folders import Folder
from ahc_stream.tables import BESIDE_ROWS, ITEMS, with_start


@dataclass(frozen=True)
class Committed:
    """What commits name, at one moment. Reading raises StorageError where a part is not what was written, and making it
    where a commit is of a start that the manifest does not know."""

    folder: Folder
    manifest: Mapping[str, Any]
    commits: tuple[Commit, ...]

    def __post_init__(self) -> None:
        check_known(self.folder, self.commits, manifest.start_ids(self.manifest))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that starts write."""
        return (*self.manifest["schemas"], *BESIDE_ROWS)

    @property
    def cut(self) -> Cut:
        """Which frames of videos and sequences the run has."""
        return Cut.of(self.manifest)

    def rows(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of one table in the order of starts and batches, without those of replaced items.

        Raises UnknownName where the run has no such table.
        """
        schema = self.schema(table)
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        batches = [schema.empty_table()]
        for commit in self.commits:
            if table in commit.parts:
                part = commit.parts[table]
                batches.append(self._checked(part, read_part(self.folder, part, columns), schema))
        rows = pa.concat_tables(batches)
        return rows if table == "failures" else without_replaced(rows, self.manifest["replaced"])

    def _checked(self, part: Part, rows: pa.Table, schema: pa.Schema) -> pa.Table:
        """The rows of a part. Raises StorageError where they have other columns."""
        if not rows.schema.equals(schema):
            raise damaged(self.folder, part.file, f"columns {rows.schema.names}")
        return rows

    def schema(self, table: str) -> pa.Schema:
        """The columns of a table. Raises UnknownName."""
        if table not in self.tables:
            raise UnknownName.among(f"table of {self.folder}", table, self.tables)
        beside = BESIDE_ROWS.get(table)
        return manifest.schema_of(self.manifest, table) if beside is None else with_start(beside)

    def fact(self, name: str) -> pa.Table | None:
        """Items, or labels, of all that any start covers; None where there are none."""
        part = manifest.part_of(self.manifest, name)
        return None if part is None else read_part(self.folder, part)

    @cached_property
    def items(self) -> pa.Table:
        """What the files of each item were (`tables.ITEMS`); without rows where a repair dropped it."""
        known = self.fact("items")
        return ITEMS.empty_table() if known is None else known

    @cached_property
    def streams(self) -> pa.Table:
        """All rows of `streams`, those of earlier attempts among them."""
        return self.rows("streams")

    @cached_property
    def dropped(self) -> pa.Table:
        """Keys and starts of the rows of `frames` that do not stand."""
        columns = [*FRAME, "start"]
        if pc.all(self.streams["complete"]).as_py() is not False:  # nothing ended early: no need to read frames
            return self.schema("frames").empty_table().select(columns)
        frames = self.rows("frames", columns)
        return frames.filter(pa.array(superseded(frames, self.streams, self.cut)))


def committed(folder: Folder) -> Committed:
    """The rows that are committed now. Raises StorageError where `folder` holds no run."""
    return Committed(folder, *snapshot(folder))
