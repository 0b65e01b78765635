"""Commits that are not what their names say, and commits of starts that the manifest does not know."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ahc_stream import runs
from ahc_stream.core.errors import StorageError
from ahc_stream.runs import commits
from tests.runs.sample_rows import JPEG, frames, killed, request, stream, whole

COMMIT = "commits/0001-000000.json"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """One start, two batches."""
    folder = tmp_path / "out"
    with runs.begin(folder, request("ab"), flush_seconds=0.0) as start:
        start.add(whole("a", 3))
        start.add(whole("b", 2))
    return folder


def measure(out: Path) -> None:
    """One more start, which does what is missing."""
    with runs.begin(out, request("ab")) as start:
        for item, count in (("a", 3), ("b", 2)):
            if not start.done.stream("d", item, 0, JPEG):
                missing = set(range(count)) - start.done.frames("d", item, 0, JPEG)
                start.add(frames(item, sorted(missing)) | stream(item, count))


@pytest.mark.parametrize(
    "name",
    ["0001-000001.json", "0001-000007.json", "0001-000000 (copy).json", "copy.json", "1-0.json", "9999999999-0.json"],
)
def test_a_copy_of_a_commit_over_or_beside_another_counts_for_nothing(out: Path, name: str) -> None:
    rows = runs.open(out).frames.drop_columns("start")
    shutil.copy(out / COMMIT, out / "commits" / name)
    for door in (runs.open, measure):
        with pytest.raises(StorageError, match="start 1, batch 0"):
            door(out)
    assert any(name in finding for finding in runs.verify(out))
    assert runs.repair(out) and runs.repair(out) == []
    measure(out)
    assert runs.verify(out) == [] and runs.open(out).frames.drop_columns("start").equals(rows)


def test_a_commit_that_was_renamed_loses_its_rows_and_no_more(out: Path) -> None:
    rows = runs.open(out).frames.drop_columns("start")
    (out / COMMIT).rename(out / "commits" / "0001-000009.json")
    assert runs.verify(out) and runs.repair(out)
    measure(out)
    assert runs.verify(out) == [] and runs.open(out).frames.drop_columns("start").equals(rows)


def test_no_two_commits_share_a_part(out: Path) -> None:
    other = json.loads((out / "commits/0001-000001.json").read_text())
    other["parts"] = json.loads((out / COMMIT).read_text())["parts"]
    (out / "commits/0001-000001.json").write_text(json.dumps(other))
    with pytest.raises(StorageError, match=r"names frames/part-0001-000000\.parquet for its rows of frames"):
        runs.open(out)
    runs.repair(out)
    measure(out)
    assert runs.verify(out) == [] and runs.open(out).frames.num_rows == 5


def test_another_batch_under_the_number_of_ours_is_an_error_and_stays(out: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with runs.begin(other, request("ab")) as start:
        start.add(whole("b", 2))
    with pytest.raises(StorageError, match="no other batch"), runs.begin(out, request("ab")) as start:
        name = f"commits/{start.id:04d}-000000.json"
        commits.write_batch(out, start.id, 0, {"frames": runs.open(out).frames.slice(0, 1)})
        before = {path: path.read_bytes() for path in (out / name, *out.glob("frames/*.parquet"))}
        start.add(whole("b", 2))
        start.flush()
    assert before == {path: path.read_bytes() for path in before}


@pytest.fixture
def restored(out: Path) -> Path:
    """A second start, and then the manifest from before it."""
    before = (out / "manifest.json").read_bytes()
    with runs.begin(out, request("abc")) as start:
        start.add(whole("c", 4))
    (out / "manifest.json").write_bytes(before)
    return out


def test_starts_that_an_older_manifest_does_not_know_are_named_by_all(restored: Path) -> None:
    for door in (runs.open, measure):
        with pytest.raises(StorageError, match=r"commits of start 2, which it does not know.*verify .* --repair"):
            door(restored)
    assert any("commits of start 2" in finding for finding in runs.verify(restored))


def test_after_a_repair_an_older_manifest_is_well_and_what_is_missing_is_measured_under_a_new_number(restored) -> None:
    assert any("does not know start 2" in text for text in runs.repair(restored)) and runs.repair(restored) == []
    with runs.begin(restored, request("abc")) as start:
        assert start.done.stream("d", "a", 0, JPEG) and not start.done.stream("d", "c", 0, JPEG)
        start.add(whole("c", 4))
    assert runs.verify(restored) == [] and runs.open(restored).frames.num_rows == 9


def test_no_number_is_given_twice(out: Path) -> None:
    """Whether the manifest, a part without a commit, a lock, or a replaced item has the highest."""
    (out / "streams" / "part-0006-000000.parquet").write_bytes(b"")
    with runs.begin(out, request("ab")) as start:
        assert start.id == 7
    (out / ".start-9.lock").touch()
    with runs.begin(out, request("ab")) as start:
        assert start.id == 10
    assert not list(out.glob(".start-*"))
    known = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(known | {"replaced": {"a": 20}}))
    with runs.begin(out, request("ab")) as start:
        assert start.id == 20


def test_a_running_start_whose_manifest_was_put_back_is_in_the_way_and_says_so_at_its_end(out: Path) -> None:
    before = (out / "manifest.json").read_bytes()
    with pytest.raises(StorageError, match="start 2 in the manifest"), runs.begin(out, request("ab")):
        (out / "manifest.json").write_bytes(before)
        with pytest.raises(StorageError, match="start 2 is running there"):
            measure(out)
        with pytest.raises(StorageError, match="start 2 is running there"):
            runs.repair(out)
    measure(out)
    assert runs.verify(out) == []


def test_a_start_that_was_killed_keeps_its_number_and_rows(out: Path) -> None:
    with killed(out, request("abc")) as start:
        start.add(frames("c", range(2)))
    measure(out)
    assert [start["id"] for start in runs.open(out).starts] == [1, 2, 3] and runs.verify(out) == []
    assert runs.open(out).frames.num_rows == 7
