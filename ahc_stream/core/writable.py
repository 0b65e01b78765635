"""Whether a folder takes files, asked before any work."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from ahc_stream.core.errors import StorageError


def check_writable(folder: Path, todo: str = "choose another --out") -> None:
    """Raises StorageError where nothing can be written into `folder`, or where it is not there, into what is there of
    its parents. A file without a name is made for that, and nothing stays."""
    try:
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageError.of(error, folder, todo) from error
        got = f"{folder}: {error.strerror or type(error).__name__}"
        raise StorageError("a folder that can be written", got, todo) from error
