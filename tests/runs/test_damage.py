"""Damaged folders: one clear error each for readers, one line each from verify, and what repair makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ahc_stream import runs
from ahc_stream.core.errors import StorageError
from ahc_stream.runs import manifest
from ahc_stream.runs.commits import read_commits
from ahc_stream.runs.manifest_shape import encoded
from tests.runs.sample_rows import JPEG, WEBP, failure, frames, killed, labels, parts, request, stream, whole


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
    for bit in random.integers(0, 8 * len(whole_file), 300):
        flipped = bytearray(whole_file)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(flipped)
        with pytest.raises(StorageError, match=r"verify .* --repair"):
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
    "manifest without starts": ("no experiment", lambda out: (out / "manifest.json").write_text('{"format": 3}')),
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


@pytest.mark.parametrize("mended_before", [False, True])
def test_of_an_item_of_two_streams_nothing_stays_of_the_one_whose_end_is_lost(tmp_path: Path, mended_before) -> None:
    """The size changes at frame 10; the second stream ended early, and how is lost, before or after it was mended."""
    with runs.begin(tmp_path, request("v"), flush_seconds=0.0) as start:
        start.add(frames("v", range(10)) | stream("v", 10, final=False))
        start.add(frames("v", range(10, 13), psnr=-1.0))
        start.add(stream("v", 3, first=10, complete=False))
    if mended_before:
        with runs.begin(tmp_path, request("v")) as start:
            start.add(frames("v", range(10, 16)) | stream("v", 6, first=10))
    parts(tmp_path, "streams")[1].write_bytes(b"")
    assert any("measured again" in text for text in runs.repair(tmp_path)) and runs.repair(tmp_path) == []
    with runs.begin(tmp_path, request("v")) as start:
        for first, count, final in ((0, 10, False), (10, 6, True)):
            if not start.done.stream("d", "v", first, JPEG):
                missing = set(range(first, first + count)) - start.done.frames("d", "v", first, JPEG)
                start.add(frames("v", sorted(missing)) | stream("v", count, first=first, final=final))
    run = runs.open(tmp_path)
    assert run.frames["frame"].to_pylist() == list(range(16)) and set(run.frames["psnr"].to_pylist()) == {30.0}
    assert runs.verify(tmp_path) == []


def test_a_killed_attempt_beside_a_lost_end_of_another_item_is_left_out_too(tmp_path: Path) -> None:
    """Of one start: that it was killed and that the end was lost look the same; other starts keep what they have."""
    with runs.begin(tmp_path, request("abc"), flush_seconds=0.0) as start:
        start.add(whole("c", 2))
    with killed(tmp_path, request("abc")) as start:
        start.add(frames("b", range(3)))
        start.add(frames("a", range(2)))
        start.add(stream("a", 2, complete=False))
    _cut(parts(tmp_path, "streams")[1])
    runs.repair(tmp_path)
    with runs.begin(tmp_path, request("abc")) as start:
        assert start.done.frames("d", "a", 0, JPEG) == start.done.frames("d", "b", 0, JPEG) == set()
        assert start.done.stream("d", "c", 0, JPEG)


def test_after_the_items_are_lost_readers_still_read(out: Path) -> None:
    parts(out, "items")[0].write_bytes(b"")
    runs.repair(out)
    assert runs.open(out).frames.num_rows == 10 and "item a is not in the manifest" in "; ".join(runs.verify(out))


def test_columns_that_the_manifest_does_not_tell_of_are_one_finding(out: Path) -> None:
    known = manifest.read(out)
    columns = encoded(manifest.schema_of(known, "frames").append(pa.field("ssim", pa.float64())))
    manifest.write(out, known | {"schemas": known["schemas"] | {"frames": columns}})
    (finding,) = runs.verify(out)
    assert "frames/part-0001-000000.parquet" in finding and "columns" in finding


def test_rows_that_contradict_one_another_are_found(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("ab", labels=labels({"a": "cat"}))) as start:
        start.add(whole("a", 3))
        start.add(frames("a", [2]))  # once more
        start.add(frames("b", [0, 2]) | stream("b", 3))
        start.add({"predictions_seen": frames("b", [1])["predictions_seen"]})
        start.add(frames("c", [0], WEBP))
    findings = "\n".join(runs.verify(tmp_path))
    for words in (
        "frames: a frame 2 at jpeg@50 is there 2 times",
        "b frame 0 at jpeg@50 has 2 of its 3 frames",
        "predictions_seen: 1 row of frames that are not there, such as b frame 1",
        "no label of item b",
        "'webp'",
        "item c is not in the manifest",
    ):
        assert words in findings, findings


def test_a_foreign_part_in_place_of_a_part_is_found(out: Path) -> None:
    one, other = parts(out, "frames")[:2]
    one.write_bytes(other.read_bytes())
    assert runs.verify(out)


def test_commits_tell_all_that_is_needed_to_check_a_part(out: Path) -> None:
    for commit in read_commits(out):
        for part in commit.parts.values():
            assert (
                pq.read_metadata(out / part.file).num_rows
                == part.rows
                == json.loads((out / commit.file).read_text())["parts"][part.file.partition("/")[0]]["rows"]
            )


def test_a_folder_of_another_format_says_so_whatever_its_commits_look_like(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
    manifest_before = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest_before | {"format": 2}))
    (commit,) = (tmp_path / "commits").iterdir()
    commit.write_text('{"frames": 1}')
    for look in (runs.open, runs.repair):
        with pytest.raises(StorageError, match="format 2"):
            look(tmp_path)
    assert commit.exists()
