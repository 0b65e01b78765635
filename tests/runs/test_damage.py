"""Damaged folders: one clear error each for readers, one line each from verify, and what repair makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ahc_stream import runs
from ahc_stream.core.errors import StorageError
from ahc_stream.runs.commits import read_commits
from tests.runs.made import JPEG, WEBP, failure, frames, labels, parts, request, stream, whole


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two starts: a and b in three batches, c failed."""
    folder = tmp_path / "out"
    known = labels({"a": "cat", "b": "dog", "c": "fox"})
    with runs.begin(folder, request("ab", labels=known)) as start:
        start.add(whole("a", 4))
        start.flush()
        start.add(frames("b", range(3)))
        start.flush()
        start.add(frames("b", range(3, 6)) | stream("b", 6))
    with runs.begin(folder, request("bc", labels=known)) as start:
        start.fail(failure("c"))
    assert runs.verify(folder) == []
    return folder


def read_all(out: Path) -> None:
    run = runs.open(out)
    for table in run.tables:
        run.table(table)


def test_every_flipped_bit_of_a_part_is_found(out: Path) -> None:
    (path, *_), random = parts(out, "frames"), np.random.default_rng(0)
    whole_file = path.read_bytes()
    for place in random.integers(0, 8 * len(whole_file), 300):
        flipped = bytearray(whole_file)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        with pytest.raises(StorageError, match="verify .* --repair"):
            _ = runs.open(out).frames


DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "truncated part": ("bytes instead of", lambda out: _cut(parts(out, "frames")[0])),
    "empty part": ("0 bytes instead of", lambda out: parts(out, "streams")[0].write_bytes(b"")),
    "absent part": ("No such file", lambda out: parts(out, "predictions_seen")[0].unlink()),
    "absent labels": ("No such file", lambda out: parts(out, "labels_classification")[0].unlink()),
    "cut labels": ("bytes instead of", lambda out: _cut(parts(out, "labels_classification")[0])),
    "cut items": ("bytes instead of", lambda out: _cut(parts(out, "items")[0])),
    "cut commit": ("commits/0001-000001.json", lambda out: _cut(out / "commits" / "0001-000001.json")),
    "commit that is a list": (
        "commits/0001-000001.json",
        lambda out: (out / "commits/0001-000001.json").write_text("[]"),
    ),
}
BEYOND_REPAIR: dict[str, tuple[str, Callable[[Path], object]]] = {
    "manifest that is a list": ("got a list", lambda out: (out / "manifest.json").write_text("[]")),
    "manifest of format 1": ("got one of format 1", lambda out: (out / "manifest.json").write_text('{"starts": []}')),
    "manifest without starts": ("without experiment", lambda out: (out / "manifest.json").write_text('{"format": 2}')),
    "cut manifest": ("a manifest at", lambda out: _cut(out / "manifest.json")),
    "no manifest": ("a manifest at", lambda out: (out / "manifest.json").unlink()),
}


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("kind", [*DAMAGE, *BEYOND_REPAIR])
def test_readers_and_starts_are_told_of_damage_and_verify_names_it(out: Path, kind: str) -> None:
    says, damage = (DAMAGE | BEYOND_REPAIR)[kind]
    damage(out)
    with pytest.raises(StorageError, match=says):
        read_all(out)
    with pytest.raises(StorageError), runs.begin(out, request("ab", labels=labels({"a": "cat", "b": "dog"}))):
        read_all(out)
    assert any(says in finding for finding in runs.verify(out))


@pytest.mark.parametrize("kind", DAMAGE)
def test_after_a_repair_a_start_measures_what_is_missing_and_all_is_well(out: Path, kind: str) -> None:
    rows = runs.open(out).frames.drop_columns("start")
    DAMAGE[kind][1](out)
    assert runs.repair(out) and runs.repair(out) == []
    with runs.begin(out, request("abc", labels=labels({"a": "cat", "b": "dog", "c": "fox"}))) as start:
        for item, count in (("a", 4), ("b", 6)):
            missing = set(range(count)) - start.done.frames("d", item, 0, JPEG)
            assert start.done.stream("d", item, 0, JPEG) <= (not missing)
            if not start.done.stream("d", item, 0, JPEG):
                start.add(frames(item, sorted(missing)) | stream(item, count))
    assert runs.verify(out) == [] and runs.open(out).frames.drop_columns("start").equals(rows)


@pytest.mark.parametrize("kind", BEYOND_REPAIR)
def test_without_a_manifest_nothing_is_repaired(out: Path, kind: str) -> None:
    BEYOND_REPAIR[kind][1](out)
    with pytest.raises(StorageError):
        runs.repair(out)


def test_a_repair_beside_a_running_start_is_refused(out: Path) -> None:
    with runs.begin(out, request("ab")), pytest.raises(StorageError, match="is running there"):
        runs.repair(out)


def test_attempts_of_which_it_is_lost_how_they_ended_are_measured_again(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("ab")) as start:
        start.add(frames("a", range(3)))
        start.flush()
        start.add(stream("a", 3, complete=False))
    _cut(parts(tmp_path, "streams")[0])
    assert any("measured again" in text for text in runs.repair(tmp_path))
    with runs.begin(tmp_path, request("ab")) as start:
        assert start.done.frames("d", "a", 0, JPEG) == set()
    assert runs.open(tmp_path).frames.num_rows == 0


def test_rows_that_contradict_one_another_are_found(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("ab", labels=labels({"a": "cat"}))) as start:
        start.add(whole("a", 3))
        start.add(frames("a", [2]))  # once more
        start.add(frames("b", [0, 2]) | stream("b", 3))
        start.add({"predictions_seen": frames("b", [1])["predictions_seen"]})
        start.add(frames("c", [0], WEBP))
    found = "\n".join(runs.verify(tmp_path))
    for words in (
        "frames: a frame 2 at jpeg@50 is there 2 times",
        "b frame 0 at jpeg@50 has 2 of its 3 frames",
        "predictions_seen: 1 rows of frames that are not there, such as b frame 1",
        "no label of item b",
        "'webp'",
        "item c is not in the manifest",
    ):
        assert words in found, found


def test_a_foreign_part_in_place_of_a_part_is_found(out: Path) -> None:
    here, there = parts(out, "frames")[:2]
    here.write_bytes(there.read_bytes())
    assert runs.verify(out)


def test_commits_tell_all_that_is_needed_to_check_a_part(out: Path) -> None:
    for commit in read_commits(out):
        for part in commit.parts.values():
            assert (
                pq.read_metadata(out / part.file).num_rows
                == part.rows
                == json.loads((out / commit.file).read_text())[part.file.partition("/")[0]]["rows"]
            )
