"""Commits: what makes a batch's parts exist.

A commit is one small JSON file, written after the parts that it names: a kill before it leaves files that nobody reads.
A batch has one number for good, and its commit says it, so that no copy counts under another name. Its parts are called
by that number, so that no two commits share one. Writing a batch again after an interruption finds it committed, or
replaces the same files with the same content.
On an object store the order alone does the same, without any renaming.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ahc_stream.core.errors import StorageError
from ahc_stream.runs.parts import MEND, PART, Part, damaged, encoded
from ahc_stream.runs.shape import Fields, Named, Whole, fault
from ahc_stream.store.atomic import UNFINISHED, write_bytes

COMMITS = "commits"
COMMIT = Fields({"start": Whole(1), "batch": Whole(), "parts": Named(PART)}, closed=True)
"""A commit as JSON tells of it."""
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


def part_file(table: str, start: int, batch: int) -> str:
    """The file of a batch's rows of one table."""
    return f"{table}/part-{name_of(start, batch)}.parquet"


def name_of(start: int, batch: int) -> str:
    """What the files of a batch are called, without their suffix."""
    return f"{start:04d}-{batch:06d}"


def write_batch(folder: Path, start: int, batch: int, rows: Mapping[str, pa.Table]) -> Commit:
    """Writes the parts of a batch and then its commit. A batch that is committed stays as it is.

    Raises StorageError, also where another batch is committed under that number: two processes were the same start.
    """
    made = {table: encoded(each, part_file(table, start, batch)) for table, each in rows.items()}
    commit = Commit(start, batch, {table: part for table, (part, _) in made.items()})
    if (folder / commit.file).exists():
        if read_commit(folder, commit.file) != commit:
            todo = "start the same command again: what is not committed is measured again"
            raise StorageError(f"no other batch at {folder / commit.file}", "one with other rows", todo)
        return commit
    for part, data in made.values():
        write_bytes(folder / part.file, data)
    write_commit(folder, commit)
    return commit


def write_commit(folder: Path, commit: Commit) -> None:
    """Writes the commit alone. Raises StorageError."""
    parts = {table: part.record() for table, part in commit.parts.items()}
    record = {"start": commit.start, "batch": commit.batch, "parts": parts}
    write_bytes(folder / commit.file, json.dumps(record, indent=1).encode() + b"\n")


def commit_files(folder: Path) -> list[str]:
    """The files of all commits, by start and batch."""
    return sorted(f"{COMMITS}/{path.name}" for path in (folder / COMMITS).glob("*.json") if path.name[0] != ".")


def read_commit(folder: Path, file: str) -> Commit:
    """Raises StorageError where it is none, or that of another batch: a copy, or one that was renamed."""
    commit = _told(folder, file)
    if commit.file != file:
        raise damaged(folder, file, f"that of start {commit.start}, batch {commit.batch}")
    for table, part in commit.parts.items():
        if part.file != part_file(table, commit.start, commit.batch):
            raise damaged(folder, file, f"one that names {part.file} for its rows of {table}")
    return commit


def starts_of(folder: Path, file: str) -> set[int]:
    """The starts that a commit that cannot be read may be of: by its name, and by what it tells."""
    named = OF_START.match(Path(file).name)
    try:
        told = {_told(folder, file).start}
    except StorageError:
        told = set()
    return told | ({int(named[1])} if named else set())


def _told(folder: Path, file: str) -> Commit:
    """The commit that a file tells of, whatever it is called. Raises StorageError."""
    try:
        record = json.loads((folder / file).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(folder, file, str(error)) from error
    wrong = fault(record, COMMIT)
    if wrong:
        raise damaged(folder, file, wrong)
    return Commit(record["start"], record["batch"], {table: Part(**part) for table, part in record["parts"].items()})


def read_commits(folder: Path) -> list[Commit]:
    """All commits, by start and batch. Raises StorageError."""
    return [read_commit(folder, file) for file in commit_files(folder)]


def check_known(folder: Path, commits: Iterable[Commit], known: Collection[int]) -> None:
    """Raises StorageError where commits are of starts that the manifest does not know: what these ran is then unknown.

    It happens where an older copy of the manifest is put back.
    """
    strange = sorted({commit.start for commit in commits} - set(known))
    if strange:
        got = f"commits of start {', '.join(map(str, strange))}, which it does not know: it may be an older copy"
        todo = "put a newer copy of the manifest in its place, or "
        raise StorageError(f"a manifest of all starts in {folder}", got, todo + MEND.format(folder=folder))


def start_numbers(folder: Path) -> set[int]:
    """The starts that wrote any of the files that are there, whether something names them or not."""
    names = (OF_START.match(path.name) for place in _tables(folder) for path in place.iterdir())
    return {int(name[1]) for name in names if name}


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
