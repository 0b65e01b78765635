"""What can be done about a damaged folder: what cannot be trusted goes, and the next start measures it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import StorageError
from ahc_stream.core.wording import counted
from ahc_stream.runs import lock, manifest
from ahc_stream.runs.commits import (
    commit_files,
    name_of,
    orphans_of,
    read_commit,
    read_commits,
    starts_of,
    write_commit,
)
from ahc_stream.runs.committed import Committed
from ahc_stream.runs.compacting import remove_replaced
from ahc_stream.runs.parts import unreadable
from ahc_stream.runs.standing import FRAME, in_attempts
from ahc_stream.store.folders import Folder, folder_of
from ahc_stream.tables import PREDICTIONS, START


def repair(folder: Folder | str) -> list[str]:
    """One sentence for each thing that was done; none where nothing was to do.

    Parts that are not what was written are dropped: one of frames or predictions with the others of its batch, since
    these belong together. Commits that cannot be read, copies of others, and those of starts that the manifest does not
    know are removed: of the latter nobody can say what they ran. Where rows of `streams` are lost, it is not known
    which attempts ended early: items are left out in which that start has frames of a stream that none of its rows
    covers. Lost items and labels are written again by the next start. Files that nothing names are removed.
    Raises StorageError: a start is running there, or the manifest is no manifest.
    """
    folder = folder_of(folder)
    manifest.read(folder)  # where there is no run, no lock is made
    with lock.folder_lock(folder):
        known = manifest.read(folder)
        running = lock.running(folder)
        if running:
            raise StorageError(f"{folder} to be free", f"start {min(running)} is running there", "wait for its end")
        doubted: set[int] = set()
        remove_replaced(folder)
        done = [text for file in commit_files(folder) for text in _mend(folder, known, file, doubted)]
        done += _without_lost_tables(folder, known)
        done += _without_doubted(folder, known, doubted)
        manifest.write(folder, known)
        for file in orphans_of(folder, manifest.named_files(known, read_commits(folder)), ()):
            (folder / file).unlink()
            done.append(f"{file}: removed, nothing names it")
        return done


def _mend(folder: Folder, known: manifest.Manifest, file: str, doubted: set[int]) -> Iterator[str]:
    """Takes from a commit what cannot be read, or the commit away; its files are then orphans.

    doubted: is given the starts of which rows of `streams` were lost.
    """
    try:
        commit = read_commit(folder, file)
    except StorageError as error:
        doubted |= starts_of(folder, file)
        (folder / file).unlink()
        yield f"{file}: removed ({error.got}); what is missing is measured again"
        return
    if commit.start not in manifest.start_ids(known):
        (folder / file).unlink()
        yield f"{file}: removed, the manifest does not know start {commit.start}; its rows are measured again"
        return
    lost = {table for table, part in commit.parts.items() if unreadable(folder, part)}
    if not lost:
        return
    if any(map(_belongs_to_frames, lost)):
        lost |= set(filter(_belongs_to_frames, commit.parts))
    if "streams" in lost:
        doubted.add(commit.start)
    kept = {table: part for table, part in commit.parts.items() if table not in lost}
    write_commit(folder, replace(commit, parts=kept))
    dropped = ", ".join(sorted(lost))
    yield f"batch {name_of(commit.start, commit.batch)}: {dropped} dropped; what is missing is measured again"


def _belongs_to_frames(table: str) -> bool:
    return table == "frames" or table.startswith(PREDICTIONS)


def _without_lost_tables(folder: Folder, known: manifest.Manifest) -> Iterator[str]:
    for table in list(known["tables"]):
        part = manifest.part_of(known, table)
        if part and unreadable(folder, part):
            del known["tables"][table]
            yield f"{table}: dropped; the next start writes it again"


def _without_doubted(folder: Folder, known: manifest.Manifest, doubted: set[int]) -> Iterator[str]:
    """Leaves out all that was measured of items in which a doubted start has frames of a stream whose end is lost."""
    starts = sorted(doubted & manifest.start_ids(known))
    if not starts:
        return
    committed = Committed(folder, known, tuple(read_commits(folder)))
    frames = committed.rows("frames", [*FRAME, "start"])
    without_stream = frames.filter(pa.array(~in_attempts(frames, committed.streams, committed.cut)))
    is_doubted = pc.is_in(without_stream["start"], pa.array(starts, START[1]))
    items = pc.unique(without_stream.filter(is_doubted)["item"]).to_pylist()
    known["replaced"] |= dict.fromkeys(sorted(items), manifest.next_start(folder, known))
    if items:
        verb = "is" if len(items) == 1 else "are"
        yield f"{counted(len(items), 'item')} {verb} measured again, for it is lost how the streams ended"
