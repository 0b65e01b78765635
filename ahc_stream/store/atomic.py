"""Files that appear whole: written beside their place and renamed, and on an object store written in one go."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO

from ahc_stream.core.file_names import hidden_beside
from ahc_stream.store.disk import storage_errors
from ahc_stream.store.folders import Folder, RemoteFolder, folder_of

UNFINISHED = ".tmp"
"""The suffix of a file that is being written; one that a killed process left behind may be removed."""

_ROOM = "make room or name another folder, and start the same command again: what is finished is kept"


@contextmanager
def written_whole(path: Folder, durable: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write into, which stands at `path` once the block has ended well, and nowhere otherwise.

    durable:  whether the bytes are on the disk by then; what can be made again need not be.

    Folders are made. Any number of threads and processes may write the same path: the last rename wins.
    Raises StorageError where the system refuses to write.
    """
    path = folder_of(path)
    if isinstance(path, RemoteFolder):
        with storing(path):
            buffer = io.BytesIO()
            yield buffer
            path.write_bytes(buffer.getvalue())
        return
    unfinished = hidden_beside(path, f".{uuid.uuid4().hex[:12]}{UNFINISHED}")
    with storing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)


def write_bytes(path: Folder, data: bytes, durable: bool = True) -> None:
    """`data` as a file that appears whole. Raises StorageError."""
    with written_whole(path, durable) as file:
        file.write(data)


def storing(path: Folder) -> AbstractContextManager[None]:
    """Turns the system's refusal to write a file of a run or a report into a StorageError that names the path."""
    return storage_errors(path, _ROOM)
