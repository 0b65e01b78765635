"""Tallies that a run's folder remembers: matching edges takes minutes, and a report is looked at more than once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ahc_stream import tasks
from ahc_stream.core.errors import StorageError
from ahc_stream.store.atomic import written_whole

log = logging.getLogger(__name__)


def remembered(
    folder: Path, task: str, question: object, inputs: Sequence[pa.Table], compute: Callable[[], pa.Table]
) -> pa.Table:
    """`compute()`, or what it gave before for the same `question`, the same content of `inputs` and the same code.

    The code is this package's and, of a user's task, the module of its scorer; where that has no source to compare,
    nothing is remembered. Kept under `folder/tallies`. A folder that cannot be written to is no error: the result is
    computed each time, and the log says so.
    """
    scorer_code = tasks.scorer_digest(task)
    if scorer_code is None:
        return compute()
    path = folder / "tallies" / f"{_digest((question, _code(), scorer_code), inputs)}.parquet"
    if path.is_file():
        return _read(path)
    table = compute()
    try:
        with written_whole(path, durable=False) as file:
            pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    except StorageError as error:
        log.warning("cannot keep %s for the next report: %s", path.name, error)
    return table


def _read(path: Path) -> pa.Table:
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read()
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


@cache
def _code() -> str:
    """SHA-256 of all that tallies are computed by."""
    digest = hashlib.sha256()
    for file in _sources():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    """The package of tasks and the kernels, loops and compiled library, found without importing these."""
    kernels, library = find_spec("ahc_stream.kernels"), find_spec("ahc_stream.kernels._native")
    kernel_folders = (kernels.submodule_search_locations if kernels else None) or []
    folders = [Path(tasks.__file__).parent, *map(Path, kernel_folders)]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return [*files, *([Path(library.origin)] if library and library.origin else [])]
