"""manifest.json beside the rows: what was run, on what, with what, and each start of it. One for all starts and shards.

    format      3
    experiment  the configuration of the latest start, with the codecs of all
    dataset     name, licence, number of items, fingerprint of their files
    points      operating points of all starts, as rows have them
    tasks       texts
    metrics     name -> definition
    weights     name -> file name, SHA-256 and licence, of all starts
    scorers     task, codec, metric or program -> SHA-256 of the code that rows depend on, where it is not ours
    schemas     table -> its columns, as Arrow's own message in base64
    tables      "items", "labels_<name>" -> the part that holds it
    replaced    item -> the start that found other files: rows of earlier starts are left out
    starts      one entry per start: points, shard, commit, versions, hardware, the folder that it ran in, times, how it
                ended, loads, memory, and of a GPU how busy its driver saw it

Nothing is ever forgotten but which parts held items and labels before they grew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from ahc_stream.core.errors import StorageError
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.json_text import json_text
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs import commits, lock
from ahc_stream.runs.manifest_shape import decoded, encoded, manifest_fault
from ahc_stream.runs.parts import Part
from ahc_stream.runs.request import Request
from ahc_stream.store.atomic import write_bytes
from ahc_stream.store.folders import Folder
from ahc_stream.tables import with_start

FORMAT = 3
NAME = "manifest.json"
COPY = "put back the copy that was made last, or name another --out"
EMPTY: dict[str, Any] = {
    "experiment": {},
    "points": [],
    "weights": {},
    "scorers": {},
    "tables": {},
    "replaced": {},
    "starts": [],
}
"""What a folder without a manifest says of what is merged."""

Manifest = dict[str, Any]


def read(folder: Folder) -> Manifest:
    """The manifest of the run in `folder`. Raises StorageError where it is none that this version reads."""
    path, todo = folder / NAME, "name the --out of a run"
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise StorageError(f"a manifest at {path}", "no such file", todo) from error
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"a manifest at {path}", str(error), COPY) from error
    expected = f"a manifest of format {FORMAT} at {path}"
    again = "run it again into another --out"
    if not isinstance(manifest, dict):
        raise StorageError(expected, f"a {type(manifest).__name__}", again)
    version = manifest.get("format", 1)
    if version != FORMAT:
        raise StorageError(expected, f"one of format {shown(version)}", again)
    _check(folder, manifest)
    return manifest


def _check(folder: Folder, manifest: Any) -> None:
    wrong = manifest_fault(manifest)
    if wrong:
        raise StorageError(f"a manifest at {folder / NAME} as it was written", wrong, COPY)


def read_if_there(folder: Folder) -> Manifest | None:
    """The same; None where nothing was run yet. Raises StorageError where there are rows without a manifest."""
    if (folder / NAME).exists():
        return read(folder)
    strays = [*folder.glob("manifest-*.json"), *folder.glob("frames/*.parquet"), *folder.glob("commits/*.json")]
    if strays:
        raise StorageError(f"a manifest beside {strays[0]}", "none", COPY)
    return None


def write(folder: Folder, manifest: Manifest) -> None:
    """Raises StorageError, also for what `read` would refuse."""
    text = json_text(manifest, indent=2)
    _check(folder, json.loads(text))
    write_bytes(folder / NAME, text.encode() + b"\n")


def merged(before: Manifest | None, request: Request) -> Manifest:
    """What the manifest says with this request beside what it said before, but for items, labels and the start."""
    known = before or EMPTY
    points = [*known["points"], *map(as_row, request.points)]
    weights = {name: dict(facts) for name, facts in request.weights.items()}
    return {
        "format": FORMAT,
        "experiment": _merged_experiment(known["experiment"], request.experiment),
        "dataset": {"name": request.dataset, "licence": request.licence},
        "points": _distinct(points),
        "tasks": list(request.tasks),
        "metrics": dict(request.metrics),
        "weights": known["weights"] | weights,
        "scorers": known["scorers"] | dict(request.scorers),
        "schemas": {table: encoded(with_start(schema)) for table, schema in request.schemas.items()},
        "tables": dict(known["tables"]),
        "replaced": dict(known["replaced"]),
        "starts": list(known["starts"]),
    }


def _merged_experiment(before: Mapping[str, Any], requested: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that is asked for, with the codecs of both."""
    codecs = [*before.get("codecs", ()), *requested.get("codecs", ())]
    return {"out": None, **before, **requested, "codecs": _distinct(codecs)}


def _distinct(values: Sequence[Any]) -> list[Any]:
    """Each value once, where it comes first. Values need no hash."""
    return [value for index, value in enumerate(values) if value not in values[:index]]


def start_entry(number: int, request: Request) -> dict[str, Any]:
    """What the manifest says of a start that begins now."""
    facts = {name: request.provenance.get(name) for name in ("commit", "versions", "hardware", "folder")}
    return {
        "id": number,
        "points": [as_row(point) for point in request.points],
        "shard": list(request.shard),
        "items": len(request.items),
        **facts,
        "most_alive": dict(request.most_alive),
        "started": now(),
        "finished": None,
        "ended": None,
        "failures": None,
        "notes": [],
    }


def as_row(point: OperatingPoint) -> dict[str, Any]:
    """An operating point as rows have it."""
    quality = None if point.quality is None else float(point.quality)
    return {"codec": point.codec, "quality": quality, "options": point.options_text}


def schema_of(manifest: Mapping[str, Any], table: str) -> pa.Schema:
    """The columns of a table that starts write, with `start`."""
    return decoded(manifest["schemas"][table])


def start_ids(manifest: Mapping[str, Any]) -> set[int]:
    """The starts that the manifest knows."""
    return {start["id"] for start in manifest["starts"]}


def is_whole(starts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what the latest start was asked for is done: by itself, or with the other shards of its count."""
    if not starts:
        return False
    points, count = starts[-1]["points"], int(starts[-1]["shard"][1])
    return len(done_shards(starts, points, count)) == count


def done_shards(
    starts: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]], count: int
) -> dict[int, Mapping[str, Any]]:
    """Index of a shard -> the latest start that came to its end as that shard of `count`, with exactly these points."""
    alike = [start for start in starts if start["shard"][1] == count and start["points"] == points]
    return {start["shard"][0]: start for start in alike if start["ended"] == "done"}


def next_start(folder: Folder, manifest: Mapping[str, Any]) -> int:
    """A number that no start has had, by the manifest, any file, or any lock; rows of replaced items stand from it on.
    Under the lock of the folder."""
    used = start_ids(manifest) | commits.start_numbers(folder) | lock.numbers(folder)
    first_unused = 1 + max(used, default=0)
    replacing: list[int] = list(manifest["replaced"].values())
    return max([first_unused, *replacing])


def points_of_starts(manifest: Mapping[str, Any]) -> dict[int, list[dict[str, Any]]]:
    """Start -> the points that it ran."""
    return {start["id"]: start["points"] for start in manifest["starts"]}


def part_of(manifest: Mapping[str, Any], table: str) -> Part | None:
    """The part that holds the items or labels; None where there are none."""
    record = manifest["tables"].get(table)
    return None if record is None else Part(**record)


def named_files(manifest: Mapping[str, Any], committed: Iterable[commits.Commit]) -> set[str]:
    """The files that the commits and the manifest name, and the commits themselves."""
    files = {record["file"] for record in manifest["tables"].values()}
    for commit in committed:
        files.add(commit.file)
        files.update(part.file for part in commit.parts.values())
    return files


def now() -> str:
    """The time, as manifests have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
