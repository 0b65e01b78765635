"""Parts: Parquet files that are what was written, or an error.

A flipped bit in a Parquet file is read as another number more often than not. So pages carry checksums, and what names
a part (a commit, the manifest) knows its size and SHA-256: reading compares all three.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ahc_stream.core.errors import StorageError
from ahc_stream.runs.shape import TEXT, Integer, Record
from ahc_stream.store.atomic import write_bytes
from ahc_stream.store.folders import Folder

MEND = "run: ahc-stream verify {folder} --repair; what it drops is measured again by the next start"

PART = Record({"file": TEXT, "rows": Integer(), "bytes": Integer(), "sha256": TEXT}, closed=True)
"""A part as JSON holds it."""


@dataclass(frozen=True)
class Part:
    """A part as it was written. file: its path in the run's folder, with slashes."""

    file: str
    rows: int
    bytes: int
    sha256: str

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def encoded(rows: pa.Table, file: str) -> tuple[Part, bytes]:
    """`rows` as the part `file`, and its bytes. The same rows make the same bytes."""
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd", write_page_checksum=True)
    data = buffer.getvalue()
    return Part(file, rows.num_rows, len(data), hashlib.sha256(data).hexdigest()), data


def write_part(rows: pa.Table, folder: Folder, file: str) -> Part:
    """Writes `rows` as the part `file` of the run in `folder`. Raises StorageError."""
    part, data = encoded(rows, file)
    write_bytes(folder / file, data)
    return part


def read_part(folder: Folder, part: Part, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a part, or some of its columns. Raises StorageError where the file is not what was written."""
    try:
        data = (folder / part.file).read_bytes()
    except OSError as error:
        raise damaged(folder, part.file, error.strerror or str(error)) from error
    _check_bytes(folder, part, len(data))
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise damaged(folder, part.file, "other bytes")
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        # In this thread: Arrow's pool, when it is woken shortly before the process ends, aborts it.
        rows = file.read(columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise damaged(folder, part.file, str(error)) from error
    if rows.num_rows != part.rows:
        raise damaged(folder, part.file, f"{rows.num_rows} rows instead of {part.rows}")
    return rows


def check_size(folder: Folder, part: Part) -> None:
    """Raises StorageError where the file is not there, or is of another size; its content is not read."""
    try:
        size = (folder / part.file).stat().st_size
    except OSError as error:
        raise damaged(folder, part.file, error.strerror or str(error)) from error
    _check_bytes(folder, part, size)


def _check_bytes(folder: Folder, part: Part, size: int) -> None:
    if size != part.bytes:
        raise damaged(folder, part.file, f"{size} bytes instead of {part.bytes}")


def unreadable(folder: Folder, part: Part) -> str | None:
    """Why a part cannot be read; None where it is as it was written."""
    try:
        read_part(folder, part)
    except StorageError as error:
        return str(error)
    return None


def damaged(folder: Folder, file: str, got: str) -> StorageError:
    """The error that says what of a run's folder is not as it was written, and what helps."""
    return StorageError(f"{folder / file} as it was written", got, MEND.format(folder=folder))
