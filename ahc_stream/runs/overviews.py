"""How far runs are: what their folders say without their rows being read, as far as that tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import StorageError
from ahc_stream.runs import lock, manifest
from ahc_stream.runs.commits import COMMITS, Commit
from ahc_stream.runs.parts import check_size
from ahc_stream.runs.snapshot import snapshot
from ahc_stream.store.folders import Folder, folder_of

DEPTH = 2
"""How far below a folder runs are looked for."""
REPORT = "report/index.html"
"""The page of a run, where a report was written, in its folder."""


@dataclass(frozen=True)
class Overview:
    """One run.

    started:      when the latest start began, as manifests have times.
    points:       operating points of all starts, as rows have them.
    items, done:  how many there are, and how many of these are finished at every operating point.
    failures:     those that stand.
    running:      the starts that are writing now.
    is_tried:     whether the latest start, with its shards, came to its end.
    problem:      why the folder cannot be read; empty where it can.
    """

    folder: Folder
    dataset: str = ""
    started: str = ""
    points: tuple[Mapping[str, Any], ...] = ()
    items: int = 0
    done: int = 0
    failures: int = 0
    running: tuple[int, ...] = ()
    is_tried: bool = False
    problem: str = ""

    @property
    def page(self) -> Folder | None:
        """Its report; None where nobody has written one."""
        path = self.folder / REPORT
        return path if path.is_file() else None

    @property
    def is_whole(self) -> bool:
        """Whether every item is finished at every operating point."""
        return not self.problem and self.done == self.items

    @property
    def state(self) -> str:
        """For people: "whole", "unfinished", "failures 2", "being written by start 3", or what is wrong."""
        if self.problem:
            return f"damaged: {self.problem}"
        words = []
        if self.running:
            words.append(f"being written by start {', '.join(map(str, self.running))}")
        elif self.is_whole:
            words.append("whole")
        elif not (self.is_tried and self.failures):
            words.append("unfinished")
        if self.failures:
            words.append(f"failures {self.failures}")
        return ", ".join(words)


def overview(folder: Folder | str) -> Overview:
    """Of the run in a folder; a damaged one has a problem, and is no error."""
    folder = folder_of(folder)
    try:
        return _overview(folder)
    except StorageError as error:
        return Overview(folder, problem=str(error))


def run_folders(root: Path) -> Iterator[Path]:
    """`root` where it is that of a run, and all such folders up to DEPTH below it, in order. Runs hold no others."""
    yield from _run_folders(root, DEPTH)


def _run_folders(folder: Path, depth: int) -> Iterator[Path]:
    if is_run(folder):
        yield folder
        return
    for subfolder in _subfolders(folder) if depth else ():
        yield from _run_folders(subfolder, depth - 1)


def _subfolders(folder: Path) -> list[Path]:
    """Those that may be looked into and are not hidden."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def is_run(folder: Folder) -> bool:
    """Whether a run wrote there, however damaged it is. Other programs have a manifest.json too."""
    if (folder / COMMITS).is_dir():
        return True
    try:
        known = json.loads((folder / manifest.NAME).read_bytes())
    except (ValueError, RecursionError):
        return True  # nobody can tell what it was
    except OSError:
        return False
    return isinstance(known, dict) and not known.keys().isdisjoint({"starts", "experiment"})


def _overview(folder: Folder) -> Overview:
    """Raises StorageError."""
    known, commits = snapshot(folder)
    _check_sizes(folder, known, commits)
    items, running = known["dataset"]["items"], lock.running(folder)
    done, failures = (items, 0) if not running and _is_told_whole(known, commits) else _counted(folder, known, commits)
    return Overview(
        folder,
        dataset=known["dataset"]["name"],
        started=known["starts"][-1]["started"],
        points=tuple(known["points"]),
        items=items,
        done=done,
        failures=failures,
        running=tuple(sorted(running)),
        is_tried=manifest.is_whole(known["starts"]),
    )


def _check_sizes(folder: Folder, known: manifest.Manifest, commits: Sequence[Commit]) -> None:
    """Raises StorageError where a part is not there, or has another size."""
    committed = [part for commit in commits for part in commit.parts.values()]
    facts = filter(None, (manifest.part_of(known, table) for table in known["tables"]))
    for part in (*committed, *facts):
        check_size(folder, part)


def _is_told_whole(known: manifest.Manifest, commits: Sequence[Commit]) -> bool:
    """Whether starts and commits alone tell that everything is finished and nothing has failed.

    Every operating point is one of starts that came to their end with all items, no commit has failures or an item that
    was begun anew, and there are as many rows of `streams` as that takes: a repair drops some.
    """
    if known["replaced"] or any("failures" in commit.parts for commit in commits):
        return False
    items, points = known["dataset"]["items"], known["points"]
    rows = sum(commit.parts["streams"].rows for commit in commits if "streams" in commit.parts)
    finished = _finished_points(known["starts"], items)
    return rows >= items * len(points) and all(point in finished for point in points)


def _finished_points(starts: Sequence[Mapping[str, Any]], items: int) -> list[Any]:
    """The operating points of starts that came to their end, by themselves or with the shards of their count, with as
    many items as there are."""
    finished = []
    for start in starts:
        count = start["shard"][1]
        shards = manifest.done_shards(starts, start["points"], count)
        if len(shards) == count and sum(shard["items"] for shard in shards.values()) == items:
            finished += start["points"]
    return finished


def _counted(folder: Folder, known: manifest.Manifest, commits: tuple[Commit, ...]) -> tuple[int, int]:
    """(items that are finished at every point, failures that stand), of rows. Of frames none is read: `verify` does."""
    from ahc_stream.runs.committed import Committed  # loads Arrow's functions
    from ahc_stream.runs.read import RunReader
    from ahc_stream.runs.standing import items_finished

    run = RunReader(Committed(folder, known, commits))
    return items_finished(run.streams, len(run.points), run.cut), run.failures.num_rows
