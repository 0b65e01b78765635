"""Locks of a run's folder. Of a local one the system frees them when a process ends, however it ends; on an object
store they are leases (`runs.lease`)."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ahc_stream.runs import lease
from ahc_stream.store.atomic import storing
from ahc_stream.store.folders import Folder, RemoteFolder

LOCK_NAME = re.compile(r"\.start-(\d+)\.lock")


@contextmanager
def folder_lock(folder: Folder) -> Iterator[None]:
    """Held for moments: while a start begins or ends, or a folder is repaired. Waits for whoever has it."""
    if isinstance(folder, RemoteFolder):
        with lease.claimed(folder):
            yield
        return
    path = folder / ".lock"
    with storing(path):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")  # closed below, which frees the lock
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield


class StartLock:
    """Held by a start for as long as it runs, so that others can tell whether it does. Raises StorageError."""

    def __init__(self, folder: Folder, start: int) -> None:
        path = _path(folder, start)
        self._held = lease.Lease(path) if isinstance(path, RemoteFolder) else _HeldFile(path)

    def release(self) -> None:
        """The start runs no more."""
        self._held.release()


class _HeldFile:
    """A file of this machine that is locked while it is open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with storing(path):
            self._file: IO[bytes] = path.open("wb")  # the lock lives as long as the file is open
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def is_running(folder: Folder, start: int) -> bool:
    """Whether a process holds the lock of that start."""
    path = _path(folder, start)
    if isinstance(path, RemoteFolder):
        with storing(path):
            return lease.is_running(path)
    if not path.exists():
        return False
    with storing(path), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def numbers(folder: Folder) -> set[int]:
    """The starts whose locks lie there, held or left."""
    matches = [LOCK_NAME.fullmatch(path.name) for path in folder.glob(".start-*.lock")]
    return {int(match[1]) for match in matches if match}


def running(folder: Folder) -> set[int]:
    """The starts that run there, whether the manifest knows them or not."""
    return {start for start in numbers(folder) if is_running(folder, start)}


def forget(folder: Folder, start: int) -> None:
    """Removes what a killed start left of its lock."""
    _path(folder, start).unlink(missing_ok=True)


def _path(folder: Folder, start: int) -> Folder:
    return folder / f".start-{start}.lock"
