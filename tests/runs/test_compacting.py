"""Many small parts become few, no row moves, and a kill in the midst of it loses and doubles nothing."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream import runs
from ahc_stream.core.errors import StorageError
from ahc_stream.runs import compacting, lock
from ahc_stream.runs.commits import Commit
from ahc_stream.runs.parts import Part
from tests.runs.sample_rows import frames, request, stream

TABLES = ("frames", "streams", "predictions_seen")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two starts, the first of nine batches and the second of one."""
    folder = tmp_path / "out"
    for items in ("abc", "d"):
        with runs.begin(folder, request(items), flush_seconds=0.0) as start:
            for item in items:
                start.add(frames(item, range(2)))
                start.add(frames(item, range(2, 5)))
                start.add(stream(item, 5))
    return folder


def rows_of(out: Path) -> list[object]:
    run = runs.open(out)
    return [run.table(name) for name in TABLES]


def files_of(out: Path) -> set[str]:
    return {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file() and path.parent != out}


def test_the_batches_of_each_start_become_one_and_rows_stay(out: Path) -> None:
    before, files = rows_of(out), files_of(out)
    assert runs.compact(out) == f"{len(files) - 1} files of 12 batches, now 8 of 2"
    assert rows_of(out) == before
    assert runs.verify(out) == []
    assert runs.compact(out) == "8 files of 2 batches, now 8 of 2"


def test_what_would_be_too_much_for_memory_stays_apart_and_in_order(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows_of(out)
    monkeypatch.setattr(compacting, "MOST_ROWS", 8)
    runs.compact(out)
    assert len(list(out.glob("commits/*.json"))) > 2
    assert rows_of(out) == before
    assert runs.verify(out) == []


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=20))
def test_batches_join_those_before_them_as_long_as_they_fit(tenths: list[tuple[int, int]]) -> None:
    """Rows of two tables, in tenths of the most."""
    tenth = compacting.MOST_ROWS // 10
    parts = [
        {name: Part(name, tenth * count, 1, "") for name, count in zip("ab", pair, strict=True)} for pair in tenths
    ]
    groups = list(compacting._groups([Commit(1, number, each) for number, each in enumerate(parts)]))
    assert [commit.batch for group in groups for commit in group] == list(range(len(tenths)))
    rows = [[sum(tenths[commit.batch]) for commit in group] for group in groups]
    assert all(sum(group) <= 10 or len(group) == 1 for group in rows)
    assert all(sum(group) + after[0] > 10 for group, after in pairwise(rows))


class Killed(BaseException):
    """Stands for a SIGKILL: nobody catches it."""


@pytest.mark.parametrize("kill_at", range(0, 40, 3))
def test_a_kill_at_any_moment_leaves_every_row_once(out: Path, kill_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, steps = rows_of(out), iter(range(1000))

    def step(*_: object, **__: object) -> None:
        if next(steps) == kill_at:
            raise Killed

    with monkeypatch.context() as patch:
        for module, name in ((compacting, "write_parts"), (compacting, "write_commit"), (Path, "unlink")):
            patch.setattr(module, name, _behind(step, getattr(module, name)))
        with suppress(Killed):
            runs.compact(out)
    assert rows_of(out) == before
    with runs.begin(out, request("d")) as start:
        assert all(start.done.frames("d", item, 0, request().points[0]) == set(range(5)) for item in "abcd")
    assert runs.verify(out) == []
    assert rows_of(out) == before


def _behind(step: object, function: object) -> object:
    def call(*values: object, **named: object) -> object:
        step()
        return function(*values, **named)

    return call


def test_a_repair_after_a_kill_measures_nothing_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, remove, removals = rows_of(out), Path.unlink, iter(range(100))

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name.startswith("part-") and next(removals) == 5:
            raise Killed
        remove(path, missing_ok)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "unlink", unlink)
        runs.compact(out)
    runs.repair(out)
    assert rows_of(out) == before


def test_a_part_that_is_gone_before_its_batch_is_removed_is_in_nobodys_way(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(out)
    with monkeypatch.context() as patch:
        patch.setattr(compacting, "remove_replaced", lambda folder: None)
        runs.compact(out)  # as if killed before it removes anything
    (out / "frames" / "part-0001-000000.parquet").unlink()
    assert runs.compact(out) == "8 files of 2 batches, now 8 of 2"
    assert rows_of(out) == before and runs.verify(out) == []


def test_a_folder_in_which_a_start_runs_is_left_alone(out: Path) -> None:
    running = lock.StartLock(out, 2)
    with pytest.raises(StorageError, match="start 2 is running"):
        runs.compact(out)
    running.release()
