"""What is wrong in a run's folder, finding by finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.digests import Digests
from ahc_stream.core.errors import StorageError
from ahc_stream.core.labels import BOXES
from ahc_stream.core.quality import quality_text
from ahc_stream.runs import identity, lock, manifest
from ahc_stream.runs.commits import Commit, commit_files, orphans_of, read_commit
from ahc_stream.runs.committed import Committed
from ahc_stream.runs.items import as_table, differing, only
from ahc_stream.runs.keys import at, codes, numbers
from ahc_stream.runs.parts import unreadable
from ahc_stream.runs.read import LABELS, RunReader, open
from ahc_stream.runs.standing import AT, FRAME, ITEM


def verify(folder: Path | str) -> list[str]:
    """One sentence for each thing that is wrong; none where all is well. Every file is read.

    Checked: the manifest; of every part its presence, size, SHA-256, pages and number of rows; that frames are there
    once, as many as complete streams tell of, and predictions only of them; labels of every item that has rows; points,
    starts and items of rows against the manifest; files that nothing names.
    """
    folder = Path(folder)
    commits, found = _commits(folder)  # first: a start is in the manifest before it commits
    try:
        known = manifest.read(folder)
    except StorageError as error:
        return [str(error)]
    found += [*_parts(folder, known, commits), *_orphans(folder, known, commits)]
    try:
        run = RunReader(Committed(folder, known, tuple(commits)))
        return found or list(_rows(run))  # rows are compared with one another where all of them can be read
    except StorageError as error:
        return [*found, str(error)]


def _rows(run: RunReader) -> Iterator[str]:
    for check in (_keys, _streams, _predictions, _labels, _manifest):
        yield from check(run)


def verify_dataset(folder: Path | str, digests: Mapping[str, Digests], labels: Mapping[str, pa.Table]) -> list[str]:
    """One sentence for each item whose files, and each table whose labels, are others than the run's.

    digests, labels: of the dataset as it lies on this machine. Items that only one of both has are passed over, and so
    are tables of labels that the run has not.
    """
    run = open(folder)
    known = run.items
    changed = identity.changed_items(known, as_table(digests))
    found = [f"item {item}: its files are others than those that were measured" for item in changed]
    shared = pa.array(sorted(digests.keys() & set(known["item"].to_pylist())), pa.string())
    for task in (name.removeprefix(LABELS) for name in run.manifest["tables"] if name.startswith(LABELS)):
        if task not in labels:
            found.append(f"labels_{task}: the dataset has none")
            continue
        sides = (only(side, shared) for side in (run.labels(task), labels[task]))
        found += [f"labels_{task}: the dataset has others of item {item}" for item in differing(*sides).to_pylist()]
    return found


def _commits(folder: Path) -> tuple[list[Commit], list[str]]:
    """The commits that can be read, and what is wrong with the others."""
    commits, found = [], []
    for file in commit_files(folder):
        try:
            commits.append(read_commit(folder, file))
        except StorageError as error:
            found.append(str(error))
    return commits, found


def _parts(folder: Path, known: manifest.Manifest, commits: Sequence[Commit]) -> Iterator[str]:
    for commit in commits:
        yield from filter(None, (unreadable(folder, part) for part in commit.parts.values()))
    for table in known["tables"]:
        part = manifest.part_of(known, table)
        yield from filter(None, [part and unreadable(folder, part)])


def _orphans(folder: Path, known: manifest.Manifest, commits: Sequence[Commit]) -> Iterator[str]:
    named = {*commit_files(folder), *manifest.named_files(known, commits)}
    yield from (f"{file}: nothing names it" for file in orphans_of(folder, named, lock.running(folder)))


def _keys(run: RunReader) -> Iterator[str]:
    for table in ("frames", "streams"):
        rows = run.table(table)
        (key,) = codes([rows], FRAME)
        _, first, count = np.unique(key, return_index=True, return_counts=True)
        for place, many in zip(first[count > 1], count[count > 1], strict=True):
            yield f"{table}: {_named(rows, int(place))} is there {many} times"


def _streams(run: RunReader) -> Iterator[str]:
    """Whether complete streams have their frames, and each of them."""
    frames, streams = run.frames, run.streams.filter(run.streams["complete"])
    of_frame, of_stream = codes([frames, streams], [*ITEM, *AT])
    there = np.unique(at(of_frame, numbers(frames["frame"])))
    first, count = at(of_stream, numbers(streams["frame"])), numbers(streams["frames"])
    found = np.searchsorted(there, first + count) - np.searchsorted(there, first)
    for place in np.flatnonzero(found != count):
        yield f"streams: {_named(streams, int(place))} has {found[place]} of its {count[place]} frames"


def _predictions(run: RunReader) -> Iterator[str]:
    keys = [*FRAME, "start"]
    for table in (table for table in run.tables if table.startswith("predictions_")):
        rows = run.table(table)
        of_row, of_frame = codes([rows.select(keys), run.frames.select(keys)], keys)
        strays = np.flatnonzero(~np.isin(of_row, of_frame))
        if len(strays):
            yield f"{table}: {len(strays)} rows of frames that are not there, such as {_named(rows, int(strays[0]))}"


def _labels(run: RunReader) -> Iterator[str]:
    """Of tables in which every item has a label; a picture may be without boxes."""
    items = pc.unique(run.frames["item"])
    for table in (table for table in run.tables if table.startswith("labels_")):
        labels = run.table(table)
        if labels.schema.names != BOXES.names:
            without = items.filter(pc.invert(pc.is_in(items, pc.unique(labels["item"]))))
            yield from (f"{table}: no label of item {item}" for item in without.to_pylist())


def _manifest(run: RunReader) -> Iterator[str]:
    known = {"start": manifest.start_ids(run.manifest), "item": set(run.items["item"].to_pylist())}
    for table in ("frames", "streams"):
        rows = run.table(table)
        points = rows.group_by(AT).aggregate([]).select(AT).to_pylist()
        yield from (f"{table}: {point} is no point of the manifest" for point in points if point not in run.points)
        for column, values in known.items():
            strange = set(pc.unique(rows[column]).to_pylist()) - values
            yield from (f"{table}: {column} {value} is not in the manifest" for value in sorted(strange))


def _named(rows: pa.Table, place: int) -> str:
    """A row by its key, for people."""
    row = rows.select(FRAME).slice(place, 1).to_pylist()[0]
    quality = quality_text(row["quality"], row["options"])
    return f"{row['item']} frame {row['frame']} at {row['codec']}{'@' if quality else ''}{quality}"
