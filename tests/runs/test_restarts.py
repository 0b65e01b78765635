"""Starts, shards, kills, failures and repaired files in any order come to the rows of one start that met nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ahc_stream import runs
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import StorageError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.runs import commits
from ahc_stream.runs.verification import verify_dataset
from tests.runs.sample_rows import IDENTITY, JPEG, WEBP, failure, frames, killed, labels, request, stream

LENGTHS = {"v": 7, "w": 5, "s": 1, "t": 1}
"""Videos and stills, by frames."""
FILES = {name: name for name in LENGTHS}
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
POINTS = (IDENTITY, JPEG, WEBP)
TRUE, AT_THE_END = 30.0, -1.0
"""What a frame measures, and what the last clip of an attempt that ended early does."""


class Kill(BaseException):
    """The process is gone."""


@dataclass(frozen=True)
class Trouble:
    """What one start meets. broken: item -> the frame at which its file ends; codec_fails: (item, point) -> frame."""

    points: tuple[OperatingPoint, ...] = POINTS
    shards: int = 1
    clip: int = 3
    broken: dict[str, int] = field(default_factory=dict)
    codec_fails: dict[tuple[str, OperatingPoint], int] = field(default_factory=dict)
    killed_at: int | None = None  # so many files were written, by each shard

    def breaks(self, item: str) -> bool:
        return self.broken.get(item, LENGTHS[item]) < LENGTHS[item]


troubles = st.builds(
    Trouble,
    points=st.lists(st.sampled_from(POINTS), min_size=1, unique=True).map(tuple),
    shards=st.integers(1, 3),
    clip=st.integers(1, 8),
    broken=st.dictionaries(st.sampled_from("vws"), st.integers(0, 4), max_size=2),
    codec_fails=st.dictionaries(
        st.tuples(st.sampled_from("vwt"), st.sampled_from(POINTS)), st.integers(0, 4), max_size=2
    ),
    killed_at=st.none() | st.integers(0, 12),
)


def work(start: runs.Start, items: list[str], trouble: Trouble) -> None:
    """What a line does: item by item, point by point, only what is missing."""
    for name in items:
        item = Item("d", name, "video", (Path(name),))
        if start.done.item(item, trouble.points):
            continue
        for point in trouble.points:
            if not start.done.stream("d", name, 0, point):
                _code(start, name, point, trouble)
        if trouble.breaks(name):
            start.fail(failure(name))


def _code(start: runs.Start, name: str, point: OperatingPoint, trouble: Trouble) -> None:
    ends = [trouble.broken.get(name), trouble.codec_fails.get((name, point))]
    end = min([LENGTHS[name], *(end for end in ends if end is not None)])
    early = end < LENGTHS[name]
    done = start.done.frames("d", name, 0, point)
    for first in range(0, end, trouble.clip):
        numbers = [number for number in range(first, min(first + trouble.clip, end)) if number not in done]
        last = early and first + trouble.clip >= end
        rows = frames(name, numbers, point, AT_THE_END if last else TRUE)
        start.add(rows | stream(name, end, point, complete=False) if last else rows)
    if not early:
        start.add(stream(name, end, point))
    if early and not trouble.breaks(name):
        start.fail(failure(name, point, "codec"))


def run_start(out: Path, trouble: Trouble, files: dict[str, str]) -> None:
    """All shards of one start, one after the other."""
    for index in range(trouble.shards):
        items = list(LENGTHS)[index :: trouble.shards]
        start_request = request({name: files[name] for name in items}, trouble.points, shard=(index, trouble.shards))
        if trouble.killed_at is None:
            with runs.begin(out, start_request, flush_seconds=0.0) as start:
                work(start, items, trouble)
        else:
            with pytest.raises(Kill), killed(out, start_request) as start, _killing(trouble.killed_at):
                work(start, items, trouble)
                raise Kill


def _killing(after: int) -> mock._patch:
    left, plain = iter(range(after)), commits.write_bytes

    def write(*args) -> None:
        if next(left, None) is None:
            raise Kill
        plain(*args)

    return mock.patch.object(commits, "write_bytes", write)


def keys(rows) -> Iterator[tuple]:
    return zip(*(rows[name].to_pylist() for name in ("item", "frame", "codec")), strict=True)


@settings(max_examples=20, deadline=None, phases=WITHOUT_SHRINKING)
@given(met=st.lists(troubles, max_size=4), clip=st.integers(1, 8), shards=st.integers(1, 2))
def test_whatever_came_before_the_last_start_leaves_every_frame_once_and_true(met, clip, shards) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        for trouble in met:
            run_start(out, trouble, FILES)
            assert [finding for finding in runs.verify(out) if not finding.endswith("nothing names it")] == []
            between = runs.open(out)
            assert len(set(keys(between.frames))) == between.frames.num_rows
        run_start(out, Trouble(clip=clip, shards=shards), FILES)
        run = runs.open(out)
        every = [(name, n, point.codec) for name, length in LENGTHS.items() for n in range(length) for point in POINTS]
        assert sorted(keys(run.frames)) == sorted(every)
        assert set(run.frames["psnr"].to_pylist()) == {TRUE}
        assert sorted(keys(run.predictions("seen"))) == sorted(key for key in every for _ in range(key[1] % 3))
        assert run.failures.num_rows == 0 and runs.verify(out) == []
        assert run.streams.num_rows == len(LENGTHS) * len(POINTS) and all(run.streams["complete"].to_pylist())


@settings(max_examples=20, deadline=None, phases=WITHOUT_SHRINKING)
@given(met=st.lists(troubles, min_size=1, max_size=4))
def test_failures_stand_until_all_that_was_tried_is_finished(met) -> None:
    """Against a plain model, of starts that are not killed."""
    finished: set[tuple[str, OperatingPoint]] = set()
    open_failures: list[tuple[str, OperatingPoint | None, set]] = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        for trouble in met:
            run_start(out, replace(trouble, shards=1, killed_at=None), FILES)
            for name, length in LENGTHS.items():
                tried = {(name, point) for point in trouble.points} - finished
                broken = trouble.breaks(name)
                failed = {key for key in tried if trouble.codec_fails.get(key, length) < length}
                if broken and tried:
                    open_failures.append((name, None, tried))
                if not broken:
                    open_failures += [(name, key[1], {key}) for key in failed]
                finished |= set() if broken else tried - failed
            expected = {(name, point and point.codec) for name, point, tried in open_failures if tried - finished}
            rows = runs.open(out).failures
            assert set(zip(rows["item"].to_pylist(), rows["codec"].to_pylist(), strict=True)) == expected
            assert rows.num_rows == len(expected)


def test_a_video_that_broke_off_and_was_repaired_has_every_frame_once(tmp_path: Path) -> None:
    """52 of 64 frames; then another file in its place: nothing of the broken one is left."""
    with runs.begin(tmp_path, request({"v": "broken"})) as start:
        start.add(frames("v", range(52), psnr=AT_THE_END) | stream("v", 52, complete=False))
        start.fail(failure("v"))
    assert runs.open(tmp_path).frames.num_rows == 52 and runs.open(tmp_path).failures.num_rows == 1
    with runs.begin(tmp_path, request({"v": "whole"})) as start:
        assert start.done.frames("d", "v", 0, JPEG) == set() and "finished nowhere" in start.notes[0]
        start.add(frames("v", range(64)) | stream("v", 64))
    run = runs.open(tmp_path)
    assert run.frames["frame"].to_pylist() == list(range(64)) and set(run.frames["psnr"].to_pylist()) == {TRUE}
    assert run.failures.num_rows == 0 and run.streams["frames"].to_pylist() == [64] and runs.verify(tmp_path) == []


def test_a_still_that_was_broken_and_is_whole_is_there_once(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request({"s": "s", "t": "broken"})) as start:
        start.add(frames("s") | stream("s"))
        start.fail(failure("t"))
    with runs.begin(tmp_path, request({"s": "s", "t": "t"})) as start:
        assert start.done.stream("d", "s", 0, JPEG)
        start.add(frames("t") | stream("t"))
    run = runs.open(tmp_path)
    assert run.frames["item"].to_pylist() == ["s", "t"] and run.failures.num_rows == 0
    with pytest.raises(StorageError, match="item s"), runs.begin(tmp_path, request({"s": "other"})):
        pass


def test_a_start_with_other_codecs_removes_no_failure(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("a", (JPEG,))) as start:
        start.fail(failure("a"))
    with runs.begin(tmp_path, request("a", (WEBP,))) as start:
        start.add(frames("a", point=WEBP) | stream("a", point=WEBP))
    assert runs.open(tmp_path).failures.num_rows == 1
    with runs.begin(tmp_path, request("a", (JPEG,))) as start:
        start.fail(failure("a"))
    (row,) = runs.open(tmp_path).failures.to_pylist()
    assert (
        row["start"] == 3 and row["codec"] is None and row["error"] == "MediaError" and "half of one" in row["message"]
    )


def test_a_point_that_was_finished_before_was_not_tried(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("a", (JPEG,))) as start:
        start.add(frames("a") | stream("a"))
    with runs.begin(tmp_path, request("a", (JPEG, WEBP))) as start:
        start.fail(failure("a"))
    assert runs.open(tmp_path).failures.num_rows == 1
    with runs.begin(tmp_path, request("a", (JPEG, WEBP))) as start:
        start.add(frames("a", point=WEBP) | stream("a", point=WEBP))
    assert runs.open(tmp_path).failures.num_rows == 0


CLASSES = {"a": "cat", "b": "dog", "c": "fox"}


def test_labels_of_shards_are_those_of_all_of_them_in_one_order(tmp_path: Path) -> None:
    for index, items in enumerate(("ac", "b")):
        with runs.begin(tmp_path, request(items, shard=(index, 2), labels=labels(CLASSES))) as start:
            assert start.notes == ()
    assert runs.open(tmp_path).labels("classification").to_pylist() == labels(CLASSES)["classification"].to_pylist()
    assert len(list((tmp_path / "labels_classification").iterdir())) == 1 and runs.verify(tmp_path) == []


def test_corrected_labels_are_taken_over_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for classes in (CLASSES, CLASSES, CLASSES | {"b": "owl"}):
        with runs.begin(tmp_path, request("ab", labels=labels(classes))) as start:
            notes = start.notes
    assert runs.open(tmp_path).labels("classification")["class_name"].to_pylist() == ["cat", "owl"]
    assert notes == ("labels_classification: the labels of 1 item (b) are others than before and were taken over",)
    assert notes[0] in caplog.text and [len(start["notes"]) for start in runs.open(tmp_path).starts] == [0, 0, 1]


def test_labels_that_the_dataset_has_no_more_are_used_and_told(tmp_path: Path) -> None:
    for classes in (CLASSES, None, None):
        known = {} if classes is None else labels(classes)
        with runs.begin(tmp_path, request("ab", labels=known)) as start:
            notes = start.notes
    assert notes == ("labels_classification: the dataset has none any more, and those of earlier starts are used",)
    assert runs.open(tmp_path).labels("classification").num_rows == 2
    assert runs.open(tmp_path).starts[-1]["notes"] == list(notes)
    assert verify_dataset(tmp_path, {}, {}) == ["labels_classification: the dataset has none"]


def test_a_failure_of_one_of_two_streams_is_mended_by_a_start_that_finishes_that_one(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("v")) as start:
        start.add(frames("v", range(3)) | stream("v", 5, complete=False, final=False))
        start.fail(failure("v", JPEG, "codec"))
        start.add(frames("v", range(5, 9)) | stream("v", 4, first=5))
    assert runs.open(tmp_path).failures.num_rows == 1
    with runs.begin(tmp_path, request("v", (WEBP,))) as start:
        start.add(frames("v", range(9), WEBP) | stream("v", 9, WEBP))
    assert runs.open(tmp_path).failures.num_rows == 1
    with runs.begin(tmp_path, request("v")) as start:
        assert start.done.stream("d", "v", 5, JPEG) and not start.done.stream("d", "v", 0, JPEG)
        start.add(frames("v", range(5)) | stream("v", 5, final=False))
    assert runs.open(tmp_path).failures.num_rows == 0 and runs.verify(tmp_path) == []


def test_a_start_that_finishes_the_last_stream_alone_mends_nothing(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request("v")) as start:
        start.add(frames("v", range(3)) | stream("v", 3, complete=False))
        start.fail(failure("v"))
    with runs.begin(tmp_path, request("v")) as start:
        start.add(frames("v", range(3)) | stream("v", 5, complete=False, final=False))
        start.add(frames("v", range(5, 9)) | stream("v", 4, first=5))
    assert runs.open(tmp_path).failures.num_rows == 1
