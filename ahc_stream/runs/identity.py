"""Whether what is asked fits what is there: rows of other data, tasks, metrics or weights cannot stand in one folder.

Operating points, items, limits and shards add to a folder. Device, lanes, depth and clip length move no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import StorageError
from ahc_stream.runs.request import Request
from ahc_stream.store.folders import Folder

FIXED = ("metric_profile", "source", "clean")
"""Fields of the experiment that rows depend on, beside dataset, tasks and metrics."""
FIXED_SINCE = {"frames": None, "every": 1, "precision": "float32"}
"""The same, of fields that folders of earlier versions lack -> what holds there."""


def check(folder: Folder, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Compares two manifests. Raises StorageError, which names the first difference."""
    for name, was, requested in _fixed(before, now):
        if was != requested:
            raise other(folder, name, was, requested)


def _fixed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "dataset", before["dataset"]["name"], now["dataset"]["name"]
    yield "tasks", before["tasks"], now["tasks"]
    yield "metrics", before["metrics"], now["metrics"]
    for name in FIXED:
        yield name, before["experiment"][name], now["experiment"][name]
    for name, unless_said in FIXED_SINCE.items():
        yield name, before["experiment"].get(name, unless_said), now["experiment"].get(name, unless_said)
    yield from _shared("weights", _hashes(before["weights"]), _hashes(now["weights"]))
    yield from _shared("scorers", before["scorers"], now["scorers"])
    yield from _shared("columns of", before["schemas"], now["schemas"])


def _hashes(weights: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: facts["sha256"] for name, facts in weights.items()}


def _shared(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """What both have under one name."""
    for name in sorted(before.keys() & now.keys()):
        yield f"{kind} {name}", before[name], now[name]


def other(folder: Folder, name: str, was: Any, requested: Any) -> StorageError:
    """The error for a folder that was begun with something else."""
    return StorageError(f"{name} = {was}, as {folder} was begun with", str(requested), "name another --out")


def check_shard(folder: Folder, running: set[int], starts: Sequence[Mapping[str, Any]], request: Request) -> None:
    """Starts run beside one another only as shards of one count. Raises StorageError.

    running: the numbers of those that run. starts: what the manifest says of all.
    """
    index, count = request.shard
    known = {start["id"]: start for start in starts}
    unknown = running - known.keys()
    if unknown:
        got = f"start {min(unknown)} is running there, which the manifest does not know"
        raise StorageError(f"{folder} to be free", got, "wait for its end, or put a newer copy of the manifest back")
    for start in (known[number] for number in sorted(running)):
        its_index, its_count = start["shard"]
        if its_count != count or its_index == index:
            got = f"shard {its_index} of {its_count} is running there (start {start['id']})"
            todo = "wait for it, run the other shards of its count beside it, or name another --out"
            raise StorageError(f"{folder} to be free for shard {index} of {count}", got, todo)


def changed_items(known: pa.Table, requested: pa.Table) -> list[str]:
    """The items that both tables (`tables.ITEMS`) have, with other files. Only like kinds of digests are compared."""
    index = pc.index_in(requested["item"], known["item"].combine_chunks())
    is_known = pc.is_valid(index)
    new, old = requested.filter(is_known), known.take(index.filter(is_known))
    differ = pc.or_(_unlike(new["ends"], old["ends"]), _unlike(new["whole"], old["whole"]))
    changed: list[str] = new["item"].filter(differ).to_pylist()
    return changed


def _unlike(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether both are known and differ."""
    return pc.fill_null(pc.not_equal(one, other), False)
