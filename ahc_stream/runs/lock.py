"""Locks of a run's folder. The system frees them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ahc_stream.store.atomic import storing

LOCK_NAME = re.compile(r"\.start-(\d+)\.lock")


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Held for moments: while a start begins or ends, or a folder is repaired. Waits for whoever has it."""
    path = folder / ".lock"
    with storing(path):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")  # closed below, which frees the lock
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield


class StartLock:
    """Held by a start for as long as it runs, so that others can tell whether it does. Raises StorageError."""

    def __init__(self, folder: Path, start: int) -> None:
        self._path = _path(folder, start)
        with storing(self._path):
            self._file: IO[bytes] = self._path.open("wb")  # the lock lives as long as the file is open
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """The start runs no more."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def is_running(folder: Path, start: int) -> bool:
    """Whether a process holds the lock of that start."""
    path = _path(folder, start)
    if not path.exists():
        return False
    with storing(path), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def numbers(folder: Path) -> set[int]:
    """The starts whose locks lie there, held or left."""
    matches = [LOCK_NAME.fullmatch(path.name) for path in folder.glob(".start-*.lock")]
    return {int(match[1]) for match in matches if match}


def running(folder: Path) -> set[int]:
    """The starts that run there, whether the manifest knows them or not."""
    return {start for start in numbers(folder) if is_running(folder, start)}


def forget(folder: Path, start: int) -> None:
    """Removes what a killed start left of its lock."""
    _path(folder, start).unlink(missing_ok=True)


def _path(folder: Path, start: int) -> Path:
    return folder / f".start-{start}.lock"
