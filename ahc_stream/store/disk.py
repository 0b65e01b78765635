"""Writing safely: the disk's answers as errors of ours, and one writer at a time."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ahc_stream.core.errors import StorageError
from ahc_stream.store.places import home


@contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turns what a disk answers into StorageError."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            todo = "free some space, or name another disk in AHC_STREAM_HOME, then fetch again"
            raise StorageError(f"room for {target}", "a full disk", todo) from error
        todo = "mend it, or name a folder that you may write in AHC_STREAM_HOME"
        raise StorageError(f"to write {target}", error.strerror or type(error).__name__, todo) from error


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Holds the lock of `target` among processes. Locks lie apart, in `home()/locks`, and are left there."""
    from filelock import FileLock

    lock = home() / "locks" / f"{hashlib.sha256(str(target).encode()).hexdigest()[:16]}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield
