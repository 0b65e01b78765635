"""Many small parts of a run as few large ones: `ahc-stream compact`.

A start commits every few seconds, or piece by piece, and so leaves a file for each table and batch. Here the batches of
a start become one, in their order. The new commit says which ones it replaces, and is written last; from then on they
do not count, and their files are removed. So a kill at any moment leaves each row once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby

import pyarrow as pa

from ahc_stream.core.errors import StorageError
from ahc_stream.core.wording import counted
from ahc_stream.runs import lock, manifest
from ahc_stream.runs.commits import Commit, commit_files, counting, read_commit, read_commits, write_commit, write_parts
from ahc_stream.runs.parts import read_part
from ahc_stream.store.atomic import storing
from ahc_stream.store.folders import Folder, folder_of

MOST_ROWS = 2_000_000
"""Rows of all tables of a batch, at most, where several become one: they are in memory together."""


def compact(folder: Folder | str) -> str:
    """A sentence that says what was done. Rows, and what readers see of them, stay as they are.

    Raises StorageError: a start is running there, or the folder is damaged. Who reads meanwhile may find a file gone,
    and reads again.
    """
    folder = folder_of(folder)
    manifest.read(folder)  # where there is no run, no lock is made
    with lock.folder_lock(folder):
        running = lock.running(folder)
        if running:
            raise StorageError(f"{folder} to be free", f"start {min(running)} is running there", "wait for its end")
        remove_replaced(folder)
        before = read_commits(folder)
        for _, of_start in groupby(before, key=lambda commit: commit.start):
            _compact_start(folder, list(of_start))
        remove_replaced(folder)
        after = read_commits(folder)
    batches = counted(len(before), "batch", "batches")
    return f"{counted(_files(before), 'file')} of {batches}, now {_files(after)} of {len(after)}"


def _files(commits: Sequence[Commit]) -> int:
    """Those of parts, and the commits."""
    return sum(1 + len(commit.parts) for commit in commits)


def _compact_start(folder: Folder, commits: Sequence[Commit]) -> None:
    """The batches of one start, from the first on that does not stay alone: all behind it move, to stay in order."""
    groups = list(_groups(commits))
    while groups and len(groups[0]) == 1:
        groups.pop(0)
    number = commits[-1].batch
    for group in groups:
        number += 1
        rows = {table: _rows(folder, group, table) for table in _tables(group)}
        commit = write_parts(folder, group[0].start, number, rows)
        replaced = tuple(old.batch for old in group)
        write_commit(folder, Commit(commit.start, number, commit.parts, replaced))


def _groups(commits: Sequence[Commit]) -> Iterator[list[Commit]]:
    """Batches that follow one another and have few enough rows together."""
    group: list[Commit] = []
    rows = 0
    for commit in commits:
        rows_of_batch = sum(part.rows for part in commit.parts.values())
        if group and rows + rows_of_batch > MOST_ROWS:
            yield group
            group, rows = [], 0
        group.append(commit)
        rows += rows_of_batch
    if group:
        yield group


def _tables(group: Sequence[Commit]) -> list[str]:
    return list(dict.fromkeys(table for commit in group for table in commit.parts))


def _rows(folder: Folder, group: Sequence[Commit], table: str) -> pa.Table:
    parts = [commit.parts[table] for commit in group if table in commit.parts]
    return pa.concat_tables([read_part(folder, part) for part in parts])


def remove_replaced(folder: Folder) -> None:
    """Removes batches that another one replaces: their commits first, since parts that no commit names are nobody's.
    Under the lock of the folder."""
    commits = list(_readable(folder))
    kept = {commit.file for commit in counting(commits)}
    for commit in commits:
        if commit.file not in kept:
            with storing(folder / commit.file):
                (folder / commit.file).unlink(missing_ok=True)
                for part in commit.parts.values():
                    (folder / part.file).unlink(missing_ok=True)


def _readable(folder: Folder) -> Iterator[Commit]:
    for file in commit_files(folder):
        with suppress(StorageError):  # a damaged one is for `repair`
            yield read_commit(folder, file)
