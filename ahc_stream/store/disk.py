"""Writing safely: the disk's answers as errors of ours, and one writer at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ahc_stream.core.errors import StorageError
from ahc_stream.store.folders import Folder
from ahc_stream.store.places import home

ANOTHER_HOME = "free some space there, or name another folder that you may write in AHC_STREAM_HOME"


@contextmanager
def storage_errors(target: Folder, todo: str = ANOTHER_HOME) -> Iterator[None]:
    """Turns what the system answers to a reader or writer of `target` into an error of ours (`StorageError.of`)."""
    try:
        yield
    except OSError as error:
        raise StorageError.of(error, str(target), todo) from error


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Holds the lock of `target` among processes and threads, which waits for whoever holds it; not to be taken twice.
    Locks lie apart, in `home()/locks`, and are left there. Raises OSError where that folder cannot be written."""
    from filelock import FileLock

    digest = hashlib.sha256(str(target).encode()).hexdigest()
    lock = home() / "locks" / f"{digest[:16]}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield
