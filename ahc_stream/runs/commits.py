"""Commits: what makes a batch's parts exist.

A commit is one small JSON file, written after the parts that it names: a kill before it leaves files that nobody reads. A
batch has one number for good, so writing it again after an interruption replaces the same files with the same content.
On an object store the order alone does the same, without any renaming.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ahc_stream.runs.parts import Part, damaged, write_part
from ahc_stream.store.atomic import UNFINISHED, write_bytes

COMMITS = "commits"
OF_START = re.compile(r"\.?(?:part-)?(\d+)(?:-\d+)?\.(?:parquet|json)(?:\.\w+\.tmp)?$")
"""The number of the start that a part, a commit, or an unfinished one of these, belongs to."""


@dataclass(frozen=True)
class Commit:
    """A committed batch: table -> its part."""

    start: int
    batch: int
    parts: Mapping[str, Part]

    @property
    def file(self) -> str:
        return f"{COMMITS}/{name_of(self.start, self.batch)}.json"


def name_of(start: int, batch: int) -> str:
    """What the files of a batch are called, without their suffix."""
    return f"{start:04d}-{batch:06d}"


def write_batch(folder: Path, start: int, batch: int, rows: Mapping[str, pa.Table]) -> Commit:
    """Writes the parts of a batch and then its commit. Raises StorageError."""
    name = name_of(start, batch)
    parts = {table: write_part(part, folder, f"{table}/part-{name}.parquet") for table, part in rows.items()}
    commit = Commit(start, batch, parts)
    write_commit(folder, commit)
    return commit


def write_commit(folder: Path, commit: Commit) -> None:
    """Writes the commit alone. Raises StorageError."""
    record = {table: part.record() for table, part in commit.parts.items()}
    write_bytes(folder / commit.file, json.dumps(record, indent=1).encode() + b"\n")


def commit_files(folder: Path) -> list[str]:
    """The files of all commits, by start and batch."""
    return sorted(f"{COMMITS}/{path.name}" for path in (folder / COMMITS).glob("*.json") if path.name[0] != ".")


def read_commit(folder: Path, file: str) -> Commit:
    """Raises StorageError where it is none."""
    try:
        start, batch = (int(number) for number in Path(file).stem.split("-"))
        record = json.loads((folder / file).read_bytes())
        return Commit(start, batch, {table: Part.of(part) for table, part in record.items()})
    except (OSError, ValueError, AttributeError) as error:
        raise damaged(folder, file, str(error)) from error


def read_commits(folder: Path) -> list[Commit]:
    """All commits, by start and batch. Raises StorageError."""
    return [read_commit(folder, file) for file in commit_files(folder)]


def orphans_of(folder: Path, named: Collection[str], live: Collection[int]) -> Iterator[str]:
    """The files that starts wrote, or began to write, and that nothing names, but for those of starts that still run.
    Under the lock of the folder."""
    for place in _tables(folder):
        for name in sorted(path.name for path in place.iterdir()):
            ours, file = OF_START.match(name), f"{place.name}/{name}"
            if ours and file not in named and int(ours[1]) not in live:
                yield file
    yield from sorted(path.name for path in folder.glob(f".manifest.json.*{UNFINISHED}"))


def _tables(folder: Path) -> list[Path]:
    """The folders of parts and commits, and not of pictures, tallies or a report."""
    return sorted(path for path in folder.glob("*") if path.is_dir() and is_table(path.name))


def is_table(name: str) -> bool:
    """Whether a folder of a run holds parts or commits, and not pictures, tallies or a report."""
    return name in (COMMITS, "frames", "streams", "failures", "items") or name.startswith(("predictions_", "labels_"))
