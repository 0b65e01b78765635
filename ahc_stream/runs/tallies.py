"""What was computed from a run's rows and lies beside them: OUT/tallies/<digest>.parquet, one table each.

A table is called by the digest of its question and of all the rows that it was computed from. So none is ever taken for
what other rows, labels or code would give: after a kill, a restart or corrected labels there is another name. Whoever
computes it first, a run at its end or a report, computes the same, and what lies there may be removed at any time.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from ahc_stream.core.errors import StorageError
from ahc_stream.store.atomic import write_bytes
from ahc_stream.store.folders import Folder

TALLIES = "tallies"

log = logging.getLogger(__name__)


def remembered(
    folder: Folder, question: object, inputs: Sequence[pa.Table], compute: Callable[[], pa.Table]
) -> pa.Table:
    """`compute()`, or what it gave before for the same `question` and the same content of `inputs`.

    question:  names what is computed and the code that does it; its `repr` says all of it.

    It is the table as Parquet gives it back, whoever computed it, so that a question about it has one digest too. A
    folder that cannot be written to is no error: the table is computed each time, and the log says so. Raises
    StorageError for a kept table that is damaged.
    """
    path = folder / TALLIES / f"{_digest(question, inputs)}.parquet"
    try:
        kept = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        kept = _encoded(compute())
        try:
            write_bytes(path, kept, durable=False)
        except StorageError as error:
            log.warning("cannot keep %s for the next report: %s", path.name, error)
    return _decoded(kept, path)


def _encoded(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _decoded(data: bytes, path: Folder) -> pa.Table:
    try:
        return pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True).read(use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"a tally at {path}", str(error), "remove the file; it is computed again") from error


def _digest(question: object, inputs: Sequence[pa.Table]) -> str:
    digest = hashlib.sha256(repr(question).encode())
    for table in inputs:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()[:32]
