"""What can be done about a damaged folder: what cannot be trusted goes, and the next start measures it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import StorageError
from ahc_stream.runs import lock, manifest
from ahc_stream.runs.commits import Commit, commit_files, name_of, orphans_of, read_commit, write_commit
from ahc_stream.runs.parts import read_part
from ahc_stream.runs.standing import AT
from ahc_stream.runs.verify import unreadable


def repair(folder: Path) -> list[str]:
    """One sentence for each thing that was done; none where nothing was to do.

    Parts that are not what was written are dropped: one of frames or predictions with the others of its batch, since
    these belong together. Where rows of `streams` are lost, it is no more known which attempts ended early: what that start
    measured of unfinished items is left out. Lost items and labels are written again by the next start. Files that
    nothing names are removed.
    Raises StorageError: a start is running there, or the manifest is no manifest.
    """
    with lock.folder_lock(folder):
        known = manifest.read(folder)
        running = [start["id"] for start in known["starts"] if lock.is_running(folder, start["id"])]
        if running:
            raise StorageError(f"{folder} to be free", f"start {running[0]} is running there", "wait for its end")
        doubted: set[int] = set()
        done = [text for file in commit_files(folder) for text in _mend(folder, file, doubted)]
        done += _without_lost_tables(folder, known)
        done += _without_doubted(folder, known, doubted)
        manifest.write(folder, known)
        for file in orphans_of(folder, manifest.named_files(folder, known), ()):
            (folder / file).unlink()
            done.append(f"{file}: removed, nothing names it")
        return done


def _mend(folder: Path, file: str, doubted: set[int]) -> Iterator[str]:
    """Takes from a commit what cannot be read, or the commit away; its files are then orphans.

    doubted: is given the starts of which rows of `streams` were lost.
    """
    try:
        commit = read_commit(folder, file)
    except StorageError:
        doubted.add(int(Path(file).name.partition("-")[0]))
        (folder / file).unlink()
        yield f"{file}: removed, it cannot be read; its rows are measured again"
        return
    bad = {table for table, part in commit.parts.items() if unreadable(folder, part)}
    if not bad:
        return
    lost = {table for table in commit.parts if table in bad or (_of_frames(table) and any(map(_of_frames, bad)))}
    if "streams" in lost:
        doubted.add(commit.start)
    rest = {table: part for table, part in commit.parts.items() if table not in lost}
    write_commit(folder, replace(commit, parts=rest))
    dropped = ", ".join(sorted(lost))
    yield f"batch {name_of(commit.start, commit.batch)}: {dropped} dropped; what is missing is measured again"


def _of_frames(table: str) -> bool:
    return table == "frames" or table.startswith("predictions_")


def _without_lost_tables(folder: Path, known: manifest.Manifest) -> Iterator[str]:
    for table in list(known["tables"]):
        part = manifest.part_of(known, table, folder)
        if part and unreadable(folder, part):
            del known["tables"][table]
            yield f"{table}: dropped; the next start writes it again"


def _without_doubted(folder: Path, known: manifest.Manifest, doubted: set[int]) -> Iterator[str]:
    """Leaves out all that was measured of the items that a doubted start began and has no row of `streams` for."""
    later = 1 + max((start["id"] for start in known["starts"]), default=0)
    commits = [read_commit(folder, file) for file in commit_files(folder)]
    for start in sorted(doubted):
        begun, ended = (_items_at_points(folder, commits, start, table) for table in ("frames", "streams"))
        items = sorted({item for item, *_ in begun - ended})
        known["replaced"] |= dict.fromkeys(items, later)
        if items:
            yield f"start {start}: {len(items)} items are measured again, for it is lost how they ended"


def _items_at_points(folder: Path, commits: Sequence[Commit], start: int, table: str) -> set[tuple[Any, ...]]:
    """(item, codec, quality, options) of the rows that a start wrote into a table."""
    names = ["item", *AT]
    parts = [commit.parts[table] for commit in commits if commit.start == start and table in commit.parts]
    distinct = (read_part(folder, part, names).group_by(names).aggregate([]).select(names) for part in parts)
    return {tuple(row.values()) for rows in distinct for row in rows.to_pylist()}
