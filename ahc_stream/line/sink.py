"""sink: rows -> Parquet files in committed batches (the layout is told in `tables`)."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from ahc_stream import tables
from ahc_stream.core.errors import StorageError
from ahc_stream.core.failure import Failure


class ParquetSink:
    """Writes the rows of one run, or of one shard of it, under `folder`. A context manager; one writer per name.

    schemas:        table name -> schema, "clips" among them.
    writer:         names this writer's files, so that shards can share a folder.
    flush_seconds:  a batch is written when this much time has passed: the most that a kill can lose.
    done:           keys (KEY and POINT columns) of the clips that earlier runs committed.

    Raises StorageError: no space, no permission, or another process that writes under the same name.
    """

    def __init__(
        self, folder: Path, schemas: Mapping[str, pa.Schema], writer: str = "0-of-1", flush_seconds: float = 10.0
    ) -> None:
        self._folder, self._schemas, self._writer, self._every = folder, dict(schemas), writer, flush_seconds
        self._failed: set[str] = set()

    def __enter__(self) -> Self:
        with storing(self._folder):
            for table in (*self._schemas, "failures"):
                (self._folder / table).mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self._folder / f".lock-{self._writer}")
            self._batch = self._recover()
        self.done = tables.committed_keys(self._folder)
        self._pending: list[tables.Rows] = []
        self._flushed = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            if not isinstance(error, StorageError):
                self.flush()
            if error is None:
                self._forget_mended_failures()
        finally:
            self._lock.close()

    def add(self, rows: tables.Rows) -> None:
        """The rows of one trial: a table for every schema."""
        self._pending.append(rows)
        if time.monotonic() - self._flushed >= self._every:
            self.flush()

    def flush(self) -> None:
        """Writes and commits what has been added."""
        self._flushed = time.monotonic()
        if not self._pending:
            return
        name = f"part-{self._writer}-{self._batch:06d}.parquet"
        for table in sorted(self._schemas, key=lambda table: table == "clips"):  # clips last: it commits
            rows = pa.concat_tables([rows[table] for rows in self._pending])
            _write(rows.cast(self._schemas[table]), self._folder / table / name)
        self._batch += 1
        self._pending.clear()

    def fail(self, failure: Failure) -> None:
        """One row of `failures`, written at once. The same failure of a later run replaces it."""
        rows = tables.failure_row(failure)
        key = repr(rows.drop_columns("message").to_pylist())
        name = f"part-{self._writer}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.parquet"
        self._failed.add(name)
        _write(rows, self._folder / "failures" / name)

    def _recover(self) -> int:
        """Removes what no commit covers, and returns the next batch number."""
        committed = {part.name for part in self._mine("clips")}
        for table in self._schemas:
            for part in self._mine(table):
                if part.name not in committed:
                    part.unlink()
        for unfinished in self._folder.glob(f"*/.part-{self._writer}-*.tmp"):
            unfinished.unlink()
        return 1 + max((int(name[: -len(".parquet")].rsplit("-", 1)[1]) for name in committed), default=-1)

    def _forget_mended_failures(self) -> None:
        """A whole run tried everything that was missing: a failure it did not meet again is none any more."""
        for part in self._mine("failures"):
            if part.name not in self._failed:
                part.unlink()

    def _mine(self, table: str) -> list[Path]:
        return list((self._folder / table).glob(f"part-{self._writer}-*.parquet"))


def write_once(rows: pa.Table, folder: Path, table: str) -> None:
    """A table that is the same in every run of a folder, such as labels: written where it is not there yet."""
    with storing(folder):
        (folder / table).mkdir(parents=True, exist_ok=True)
    path = folder / table / "part-0.parquet"
    if not path.exists():
        _write(rows, path)


def _write(rows: pa.Table, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    with storing(path):
        try:
            with open(unfinished, "wb") as file:
                pq.write_table(rows, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turns the system's refusal to write into a StorageError that names the path."""
    try:
        yield
    except OSError as error:
        todo = "make room or name another --out, and start the same command again: finished rows are kept"
        raise StorageError(f"to write {path}", str(error), todo) from error


def _locked(path: Path) -> IO[bytes]:
    file = open(path, "wb")  # noqa: SIM115  the lock lives as long as the file is open
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise StorageError(
            f"{path.parent} to be free", "another run writes there", "wait for it or name another --out"
        ) from error
    return file
