"""Whether what is asked fits what is there: rows of other data, tasks, metrics or weights cannot stand in one folder.

Operating points, items, limits and shards add to a folder. Device, lanes, depth and clip length move no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import StorageError
from ahc_stream.runs.request import Request

FIXED = ("metric_profile", "source", "clean")
"""Fields of the experiment that rows depend on, beside dataset, tasks and metrics."""


def check(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Compares two manifests. Raises StorageError, which names the first difference."""
    for name, was, asked in _fixed(before, now):
        if was != asked:
            raise other(folder, name, was, asked)


def _fixed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "dataset", before["dataset"]["name"], now["dataset"]["name"]
    yield "tasks", before["tasks"], now["tasks"]
    yield "metrics", before["metrics"], now["metrics"]
    yield from ((name, before["experiment"][name], now["experiment"][name]) for name in FIXED)
    yield from _shared("weights", before["weights"], now["weights"], lambda facts: facts["sha256"])
    yield from _shared("scorers", before["scorers"], now["scorers"], lambda digest: digest)
    yield from _shared("columns of", before["schemas"], now["schemas"], lambda text: text)


def _shared(
    kind: str, before: Mapping[str, Any], now: Mapping[str, Any], digest: Any
) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted(before.keys() & now.keys()):
        yield f"{kind} {name}", digest(before[name]), digest(now[name])


def other(folder: Path, name: str, was: Any, asked: Any) -> StorageError:
    """The error for a folder that was begun with something else."""
    return StorageError(f"{name} = {was}, as {folder} was begun with", str(asked), "name another --out")


def check_shard(folder: Path, running: set[int], starts: Sequence[Mapping[str, Any]], request: Request) -> None:
    """Starts run beside one another only as shards of one count. Raises StorageError.

    running: the numbers of those that run. starts: what the manifest says of all.
    """
    index, count = request.shard
    known = {start["id"]: start for start in starts}
    strange = running - known.keys()
    if strange:
        got = f"start {min(strange)} is running there, which the manifest does not know"
        raise StorageError(f"{folder} to be free", got, "wait for its end, or put a newer copy of the manifest back")
    for start in (known[number] for number in sorted(running)):
        its_index, its_count = start["shard"]
        if its_count != count or its_index == index:
            got = f"shard {its_index} of {its_count} is running there (start {start['id']})"
            todo = "wait for it, run the other shards of its count beside it, or name another --out"
            raise StorageError(f"{folder} to be free for shard {index} of {count}", got, todo)


def changed_items(known: pa.Table, asked: pa.Table) -> list[str]:
    """The items that both tables (`tables.ITEMS`) have, with other files. Only like kinds of digests are compared."""
    place = pc.index_in(asked["item"], known["item"].combine_chunks())
    here = pc.is_valid(place)
    ours, theirs = asked.filter(here), known.take(place.filter(here))
    differ = [_unlike(ours[kind], theirs[kind]) for kind in ("ends", "whole")]
    return ours["item"].filter(pc.or_(*differ)).to_pylist()


def _unlike(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether both are known and differ."""
    return pc.fill_null(pc.not_equal(one, other), False)
