"""What is wrong in a run's folder, finding by finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.digests import Digests
from ahc_stream.core.errors import StorageError
from ahc_stream.core.labels import BOXES
from ahc_stream.core.quality import quality_text
from ahc_stream.core.wording import counted
from ahc_stream.runs import identity, lock, manifest
from ahc_stream.runs.commits import Commit, commit_files, counting, orphans_of, read_commit
from ahc_stream.runs.committed import Committed
from ahc_stream.runs.items import as_table, differing, only
from ahc_stream.runs.keys import at, codes, numbers
from ahc_stream.runs.parts import unreadable
from ahc_stream.runs.read import RunReader, open
from ahc_stream.runs.standing import AT, FRAME, ITEM
from ahc_stream.store.folders import Folder, folder_of
from ahc_stream.tables import LABELS, PREDICTIONS


def verify(folder: Folder | str) -> list[str]:
    """One sentence for each thing that is wrong; none where all is well. Every file is read.

    Checked: the manifest; of every part its presence, size, SHA-256, pages and number of rows; that frames are there
    once, as many as complete streams claim, and predictions only of them; labels of every item that has rows; points,
    starts and items of rows against the manifest; files that nothing names.
    """
    folder = folder_of(folder)
    commits, findings = _commits(folder)  # first: a start is in the manifest before it commits
    try:
        known = manifest.read(folder)
    except StorageError as error:
        return [str(error)]
    findings += _parts(folder, known, commits)
    findings += _orphans(folder, known, commits)
    try:
        run = RunReader(Committed(folder, known, tuple(commits)))
        return findings or list(_rows(run))  # rows are compared with one another where all of them can be read
    except StorageError as error:
        return [*findings, str(error)]


def _rows(run: RunReader) -> Iterator[str]:
    for check in (_keys, _streams, _predictions, _labels, _manifest):
        yield from check(run)


def verify_dataset(folder: Folder | str, digests: Mapping[str, Digests], labels: Mapping[str, pa.Table]) -> list[str]:
    """One sentence for each item whose files, and each table whose labels, are others than the run's.

    digests, labels: of the dataset as it lies on this machine. Items that only one of both has are passed over, and so
    are tables of labels that the run has not.
    """
    run = open(folder)
    known = run.items
    changed = identity.changed_items(known, as_table(digests))
    findings = [f"item {item}: its files are others than those that were measured" for item in changed]
    shared = pa.array(sorted(digests.keys() & set(known["item"].to_pylist())), pa.string())
    for table in run.manifest["tables"]:
        if not table.startswith(LABELS):
            continue
        task = table.removeprefix(LABELS)
        if task not in labels:
            findings.append(f"{table}: the dataset has none")
            continue
        differ = differing(only(run.labels(task), shared), only(labels[task], shared))
        findings += [f"{table}: the dataset has others of item {item}" for item in differ.to_pylist()]
    return findings


def _commits(folder: Folder) -> tuple[list[Commit], list[str]]:
    """The commits that can be read, and what is wrong with the others."""
    commits, findings = [], []
    for file in commit_files(folder):
        try:
            commits.append(read_commit(folder, file))
        except StorageError as error:
            findings.append(str(error))
    return counting(commits), findings


def _parts(folder: Folder, known: manifest.Manifest, commits: Sequence[Commit]) -> Iterator[str]:
    """Each part that cannot be read."""
    parts = [part for commit in commits for part in commit.parts.values()]
    parts += filter(None, (manifest.part_of(known, table) for table in known["tables"]))
    yield from filter(None, (unreadable(folder, part) for part in parts))


def _orphans(folder: Folder, known: manifest.Manifest, commits: Sequence[Commit]) -> Iterator[str]:
    named = {*commit_files(folder), *manifest.named_files(known, commits)}
    yield from (f"{file}: nothing names it" for file in orphans_of(folder, named, lock.running(folder)))


def _keys(run: RunReader) -> Iterator[str]:
    for table in ("frames", "streams"):
        rows = run.table(table)
        (key,) = codes([rows], FRAME)
        _, first, count = np.unique(key, return_index=True, return_counts=True)
        repeated = count > 1
        for index, times in zip(first[repeated].tolist(), count[repeated].tolist(), strict=True):
            yield f"{table}: {_row_text(rows, index)} is there {times} times"


def _streams(run: RunReader) -> Iterator[str]:
    """Whether complete streams have their frames, and each of them."""
    frames, streams = run.frames, run.streams.filter(run.streams["complete"])
    frame_code, stream_code = codes([frames, streams], [*ITEM, *AT])
    present = np.unique(at(frame_code, numbers(frames["frame"])))
    first, count = at(stream_code, numbers(streams["frame"])), numbers(streams["frames"])
    span = run.cut.step * count
    present_count = np.searchsorted(present, first + span) - np.searchsorted(present, first)
    for index in np.flatnonzero(present_count != count).tolist():
        of_all = f"{present_count[index]} of its {counted(int(count[index]), 'frame')}"
        yield f"streams: {_row_text(streams, index)} has {of_all}"


def _predictions(run: RunReader) -> Iterator[str]:
    keys = [*FRAME, "start"]
    for table in _tables(run, PREDICTIONS):
        rows = run.table(table)
        row_code, frame_code = codes([rows.select(keys), run.frames.select(keys)], keys)
        strays = np.flatnonzero(~np.isin(row_code, frame_code))
        if len(strays):
            example = _row_text(rows, int(strays[0]))
            yield f"{table}: {counted(len(strays), 'row')} of frames that are not there, such as {example}"


def _labels(run: RunReader) -> Iterator[str]:
    """Of tables in which every item has a label; a picture may be without objects."""
    items = pc.unique(run.frames["item"])
    for table in _tables(run, LABELS):
        labels = run.table(table)
        if not set(BOXES.names) <= set(labels.schema.names):
            unlabelled = items.filter(pc.invert(pc.is_in(items, pc.unique(labels["item"]))))
            yield from (f"{table}: no label of item {item}" for item in unlabelled.to_pylist())


def _tables(run: RunReader, prefix: str) -> list[str]:
    return [table for table in run.tables if table.startswith(prefix)]


def _manifest(run: RunReader) -> Iterator[str]:
    known = {"start": manifest.start_ids(run.manifest), "item": set(run.items["item"].to_pylist())}
    for table in ("frames", "streams"):
        rows = run.table(table)
        points = rows.group_by(AT).aggregate([]).select(AT).to_pylist()
        yield from (f"{table}: {point} is no point of the manifest" for point in points if point not in run.points)
        for column, values in known.items():
            unknown = set(pc.unique(rows[column]).to_pylist()) - values
            yield from (f"{table}: {column} {value} is not in the manifest" for value in sorted(unknown))


def _row_text(rows: pa.Table, index: int) -> str:
    """A row by its key, for people."""
    row = rows.select(FRAME).slice(index, 1).to_pylist()[0]
    quality = quality_text(row["quality"], row["options"])
    point = f"{row['codec']}@{quality}" if quality else row["codec"]
    return f"{row['item']} frame {row['frame']} at {point}"
