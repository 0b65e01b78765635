"""What a new start finds in a run's folder, and what it will write first. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.wording import counted
from ahc_stream.runs import identity, items, lock, manifest
from ahc_stream.runs.commits import orphans_of, read_commits
from ahc_stream.runs.committed import Committed
from ahc_stream.runs.done import CommittedWork
from ahc_stream.runs.items import Labels
from ahc_stream.runs.request import Request
from ahc_stream.runs.standing import FRAME, latest_streams
from ahc_stream.store.folders import Folder
from ahc_stream.tables import LABELS

MOST_NAMED = 3
"""Items that a note names; of more it gives their number."""


@dataclass(frozen=True)
class Beginning:
    """manifest: as it will be, with the new start. facts: items and labels that changed. left_locks: starts that left
    their locks and run no more. orphans: files that nothing names and nobody writes."""

    start: int
    manifest: manifest.Manifest
    facts: Mapping[str, pa.Table]
    done: CommittedWork
    notes: tuple[str, ...]
    left_locks: tuple[int, ...]
    orphans: tuple[str, ...]


def look(folder: Folder, request: Request) -> Beginning:
    """Compares what is asked with what is there. Raises StorageError where they do not fit, or the folder is damaged.

    Under the lock of the folder.
    """
    before = manifest.read_if_there(folder)
    now = manifest.merged(before, request)
    if before is not None:
        identity.check(folder, before, now)
    running = lock.running(folder)
    identity.check_shard(folder, running, now["starts"], request)
    number = manifest.next_start(folder, now)
    commits = tuple(read_commits(folder))
    committed = Committed(folder, now, commits)

    known, requested = committed.items, items.as_table(request.items)
    replaced = _replaced(committed, identity.changed_items(known, requested))
    now["replaced"] |= dict.fromkeys(replaced, number)
    labels = _labels(committed, request, known["item"])
    merged = items.merged(known, requested, replaced)
    facts = {} if merged.equals(known) and before else {"items": merged}
    facts |= {name: table.rows for name, table in labels.items() if table.grown}

    notes = (
        *_notes_on_items(replaced),
        *_notes_on_labels(labels),
        *_notes_on_lost_labels(now, labels),
        *_notes_on_versions(now["starts"], request),
    )
    _mark_killed(now, running)
    now["dataset"] |= {"items": merged.num_rows, "fingerprint": items.fingerprint_of(merged)}
    now["starts"].append(manifest.start_entry(number, request) | {"notes": list(notes)})

    done = CommittedWork(committed.rows("streams"), committed.rows("frames", [*FRAME, "start"]), committed.cut)
    named = manifest.named_files(before, commits) if before else set()
    orphans = tuple(orphans_of(folder, named, running))
    left_locks = tuple(lock.numbers(folder) - running)
    return Beginning(number, now, facts, done, notes, left_locks, orphans)


def _replaced(committed: Committed, changed: list[str]) -> list[str]:
    """The changed items, which are begun anew. Raises StorageError where one is finished at any operating point."""
    if not changed:
        return []
    streams = latest_streams(committed.streams)
    last_streams = streams.filter(pc.and_(streams["complete"], streams["final"]))
    finished = set(last_streams["item"].to_pylist())
    for item in changed:
        if item in finished:
            raise identity.other(committed.folder, f"item {item}", "the file that was measured", "another file")
    return changed


def _labels(committed: Committed, request: Request, known_items: pa.ChunkedArray) -> dict[str, Labels]:
    """By the name of the table. Raises StorageError where its columns are others than before."""
    items_of_start = pa.array(list(request.items), pa.string())
    labels = {}
    for task, requested in request.labels.items():
        name = f"{LABELS}{task}"
        known = committed.fact(name)
        if known is not None and not known.schema.equals(requested.schema):
            raise identity.other(committed.folder, f"columns of {name}", known.schema.names, requested.schema.names)
        labels[name] = items.merged_labels(known, requested, items_of_start, known_items.combine_chunks())
    return labels


def _mark_killed(now: manifest.Manifest, running: set[int]) -> None:
    """Says in the entries of starts that ended without a word that they were killed."""
    for start in now["starts"]:
        if start["ended"] is None and start["id"] not in running:
            start["ended"] = "killed"


def _notes_on_items(replaced: list[str]) -> Iterator[str]:
    if replaced:
        yield (
            f"{_named(replaced)}: finished nowhere, and the files are others now, so nothing of earlier starts is kept"
        )


def _notes_on_labels(labels: Mapping[str, Labels]) -> Iterator[str]:
    for name, table in labels.items():
        if table.corrected:
            yield f"{name}: the labels of {_named(table.corrected)} are others than before and were taken over"


def _notes_on_lost_labels(now: manifest.Manifest, labels: Mapping[str, Labels]) -> Iterator[str]:
    for name in sorted(now["tables"]):
        if name.startswith(LABELS) and name not in labels:
            yield f"{name}: the dataset has none any more, and those of earlier starts are used"


def _named(items_of_note: Sequence[str]) -> str:
    """ "2 items (a, b)"."""
    names = ", ".join(items_of_note[:MOST_NAMED])
    ellipsis = " ..." if len(items_of_note) > MOST_NAMED else ""
    return f"{counted(len(items_of_note), 'item')} ({names}{ellipsis})"


def _notes_on_versions(starts: Sequence[Mapping[str, Any]], request: Request) -> Iterator[str]:
    """How this start's commit and versions differ from those of the latest before it."""
    if not starts:
        return
    before, now = _versions(starts[-1]), _versions(request.provenance)
    names = sorted(before.keys() | now.keys())
    changes = [f"{name} {before.get(name)}, now {now.get(name)}" for name in names if before.get(name) != now.get(name)]
    if changes:
        yield f"start {starts[-1]['id']} ran with other versions: {'; '.join(changes)}"


def _versions(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> version, with the commit and the GPU as two of them: another kind of GPU moves the last digits of a
    network's rows as another version of a library does."""
    hardware, versions = provenance.get("hardware") or {}, provenance.get("versions") or {}
    return {"commit": provenance.get("commit"), "GPU": hardware.get("gpu"), **versions}
