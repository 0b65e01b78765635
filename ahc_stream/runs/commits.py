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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ahc_stream.core.errors import DiskError, StorageError
from ahc_stream.core.json_text import json_text
from ahc_stream.runs.parts import MEND, PART, Part, damaged, encoded
from ahc_stream.runs.shape import Integer, ListOf, MapOf, Record, fault
from ahc_stream.store.atomic import UNFINISHED, write_bytes
from ahc_stream.store.folders import Folder
from ahc_stream.tables import BESIDE_ROWS, LABELS, PREDICTIONS

COMMITS = "commits"
COMMIT = Record(
    {"start": Integer(1), "batch": Integer(), "parts": MapOf(PART)},
    optional={"replaces": ListOf(Integer())},
    closed=True,
)
"""A commit as JSON holds it."""
START_IN_NAME = re.compile(r"\.?(?:part-)?(\d+)(?:-\d+)?\.(?:parquet|json)(?:\.\w+\.tmp)?$")
"""The number of the start that a part, a commit, or an unfinished one of these, belongs to."""


@dataclass(frozen=True)
class Commit:
    """A committed batch: table -> its part.

    replaces:  batches of the same start whose rows this one has, too (`runs.compacting`). They do not count beside it.
    """

    start: int
    batch: int
    parts: Mapping[str, Part]
    replaces: tuple[int, ...] = ()

    @property
    def file(self) -> str:
        return f"{COMMITS}/{name_of(self.start, self.batch)}.json"


def part_file(table: str, start: int, batch: int) -> str:
    """The file of a batch's rows of one table."""
    return f"{table}/part-{name_of(start, batch)}.parquet"


def name_of(start: int, batch: int) -> str:
    """What the files of a batch are called, without their suffix."""
    return f"{start:04d}-{batch:06d}"


def write_batch(folder: Folder, start: int, batch: int, rows: Mapping[str, pa.Table]) -> Commit:
    """Writes the parts of a batch and then its commit. A batch that is committed stays as it is.

    Raises StorageError, also where another batch is committed under that number: two processes were the same start.
    """
    commit, contents = _encoded(start, batch, rows)
    path = folder / commit.file
    if path.exists():
        if read_commit(folder, commit.file) != commit:
            todo = "start the same command again: what is not committed is measured again"
            raise DiskError(f"no other batch at {path}", "one with other rows", todo)
        return commit
    _write_parts(folder, commit, contents)
    write_commit(folder, commit)
    return commit


def write_parts(folder: Folder, start: int, batch: int, rows: Mapping[str, pa.Table]) -> Commit:
    """Writes the parts of a batch and returns its commit, which nobody has written: until somebody does, they do not
    exist for readers. Raises StorageError."""
    commit, contents = _encoded(start, batch, rows)
    _write_parts(folder, commit, contents)
    return commit


def _encoded(start: int, batch: int, rows: Mapping[str, pa.Table]) -> tuple[Commit, dict[str, bytes]]:
    """A commit, and the bytes of each of its parts."""
    parts: dict[str, Part] = {}
    contents: dict[str, bytes] = {}
    for table, rows_of_table in rows.items():
        parts[table], contents[table] = encoded(rows_of_table, part_file(table, start, batch))
    return Commit(start, batch, parts), contents


def _write_parts(folder: Folder, commit: Commit, contents: Mapping[str, bytes]) -> None:
    for table, part in commit.parts.items():
        write_bytes(folder / part.file, contents[table])


def write_commit(folder: Folder, commit: Commit) -> None:
    """Writes the commit alone. Raises StorageError."""
    parts = {table: part.record() for table, part in commit.parts.items()}
    record: dict[str, Any] = {"start": commit.start, "batch": commit.batch, "parts": parts}
    if commit.replaces:
        record["replaces"] = list(commit.replaces)
    write_bytes(folder / commit.file, json_text(record, indent=1).encode() + b"\n")


def commit_files(folder: Folder) -> list[str]:
    """The files of all commits, by start and batch."""
    names = [path.name for path in (folder / COMMITS).glob("*.json")]
    return sorted(f"{COMMITS}/{name}" for name in names if not name.startswith("."))


def read_commit(folder: Folder, file: str) -> Commit:
    """Raises StorageError where it is none, or that of another batch: a copy, or one that was renamed."""
    commit = _recorded(folder, file)
    if commit.file != file:
        raise damaged(folder, file, f"that of start {commit.start}, batch {commit.batch}")
    for table, part in commit.parts.items():
        if part.file != part_file(table, commit.start, commit.batch):
            raise damaged(folder, file, f"one that names {part.file} for its rows of {table}")
    return commit


def starts_of(folder: Folder, file: str) -> set[int]:
    """The starts that a commit that cannot be read may be of: by its name, and by its content."""
    starts = set()
    name = START_IN_NAME.match(Path(file).name)
    if name:
        starts.add(int(name[1]))
    with suppress(StorageError):
        starts.add(_recorded(folder, file).start)
    return starts


def _recorded(folder: Folder, file: str) -> Commit:
    """The commit that a file holds, whatever it is called. Raises StorageError."""
    try:
        record = json.loads((folder / file).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(folder, file, str(error)) from error
    wrong = fault(record, COMMIT)
    if wrong:
        raise damaged(folder, file, wrong)
    parts = {table: Part(**part) for table, part in record["parts"].items()}
    return Commit(record["start"], record["batch"], parts, tuple(record.get("replaces", ())))


def read_commits(folder: Folder) -> list[Commit]:
    """All commits that count, by start and batch. Raises StorageError."""
    return counting([read_commit(folder, file) for file in commit_files(folder)])


def counting(commits: Sequence[Commit]) -> list[Commit]:
    """Those that no other one replaces. What is replaced lies there after a kill, and the next start removes it."""
    replaced = {(commit.start, batch) for commit in commits for batch in commit.replaces}
    return [commit for commit in commits if (commit.start, commit.batch) not in replaced]


def check_known(folder: Folder, commits: Iterable[Commit], known: Collection[int]) -> None:
    """Raises StorageError where commits are of starts that the manifest does not know: what these ran is then unknown.

    It happens where an older copy of the manifest is put back.
    """
    strange = sorted({commit.start for commit in commits} - set(known))
    if strange:
        got = f"commits of start {', '.join(map(str, strange))}, which it does not know: it may be an older copy"
        todo = "put a newer copy of the manifest in its place, or "
        raise StorageError(f"a manifest of all starts in {folder}", got, todo + MEND.format(folder=folder))


def start_numbers(folder: Folder) -> set[int]:
    """The starts that wrote any of the files that are there, whether something names them or not."""
    names = [path.name for subfolder in _table_folders(folder) for path in subfolder.iterdir()]
    matches = map(START_IN_NAME.match, names)
    return {int(match[1]) for match in matches if match}


def orphans_of(folder: Folder, named: Collection[str], live: Collection[int]) -> Iterator[str]:
    """The files that starts wrote, or began to write, and that nothing names, but for those of starts that still run.
    Under the lock of the folder."""
    for subfolder in _table_folders(folder):
        for name in sorted(path.name for path in subfolder.iterdir()):
            file = f"{subfolder.name}/{name}"
            match = START_IN_NAME.match(name)
            is_of_a_dead_start = match is not None and int(match[1]) not in live
            if is_of_a_dead_start and file not in named:
                yield file
    yield from sorted(path.name for path in folder.glob(f".manifest.json.*{UNFINISHED}"))


def _table_folders(folder: Folder) -> list[Folder]:
    """The folders of parts and commits, and not of pictures, tallies or a report."""
    paths: list[Folder] = [path for path in folder.glob("*") if is_table(path.name) and path.is_dir()]
    return sorted(paths, key=str)


def is_table(name: str) -> bool:
    """Whether a folder of a run holds parts or commits, and not pictures, tallies or a report."""
    return name in (COMMITS, "frames", "streams", "items", *BESIDE_ROWS) or name.startswith((PREDICTIONS, LABELS))
