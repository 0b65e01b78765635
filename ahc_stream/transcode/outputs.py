"""Outputs that appear under their name only when they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ahc_stream.core.errors import AhcStreamError, StorageError
from ahc_stream.core.file_names import hidden_beside
from ahc_stream.core.writable import check_writable


def check_free(path: Path, force: bool) -> None:
    """Raises StorageError where something is in the way, or nothing can be written: before any work, not after it."""
    taken = any(path.iterdir()) if path.is_dir() else path.exists()
    if taken and not force:
        raise StorageError(f"{path} not to be there yet", "it is", "name another output, or replace it with --force")
    check_writable(path if path.is_dir() else path.parent, "name another output")


@contextmanager
def finished_file(path: Path, force: bool = False) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to it when the block ends well, removed when it does not.

    Raises StorageError: a file in the way without `force`, a folder in the way, no space, no permission.
    """
    check_free(path, force)
    partial = hidden_beside(path, f".partial-{os.getpid()}{path.suffix}")
    with _storage(path), _parents(path):
        try:
            yield partial
            _sync(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def finished_folder(path: Path, force: bool = False) -> Iterator[Path]:
    """As `finished_file`, a folder. With `force` its files move into the folder that is there, over their namesakes."""
    check_free(path, force)
    partial = hidden_beside(path, f".partial-{os.getpid()}")
    with _storage(path), _parents(path):
        partial.mkdir()
        try:
            yield partial
            _move_into(partial, path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _parents(path: Path) -> Iterator[None]:
    """Makes the folders that `path` is to lie in, and takes them away again where the block fails."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):  # another program has put something there since
                folder.rmdir()
        raise


def _move_into(folder: Path, target: Path) -> None:
    if not target.exists():
        folder.rename(target)
        return
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        moved = target / file.relative_to(folder)
        moved.parent.mkdir(parents=True, exist_ok=True)
        file.replace(moved)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    """Turns the system's refusal to write into an error of ours that names the output."""
    try:
        yield
    except AhcStreamError:
        raise
    except OSError as error:
        raise StorageError.of(error, path, "make room, or name another output") from error
