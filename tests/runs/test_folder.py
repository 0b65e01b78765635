"""A run's folder: batches that commit as a whole, starts beside and after one another, refusals that change nothing."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

import ahc_stream
from ahc_stream import runs
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import StorageError, UnknownName
from ahc_stream.runs import batches, commits, lock
from ahc_stream.tables import with_start
from tests.runs.sample_rows import IDENTITY, JPEG, SCHEMAS, WEBP, failure, frames, killed, parts, request, stream, whole


def items(out: Path, table: str = "frames") -> list[str]:
    return runs.open(out).table(table)["item"].to_pylist()


def content(out: Path) -> dict[str, bytes]:
    """Every file but the lock of the folder."""
    return {str(path): path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != ".lock"}


def test_rows_are_readable_once_a_start_has_ended(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
        start.add(whole("b"))
    run = ahc_stream.runs.open(tmp_path)
    assert items(tmp_path) == ["a", "b"] and len(parts(tmp_path, "frames")) == 1
    assert run.frames.schema == with_start(SCHEMAS["frames"]) and set(run.frames["start"].to_pylist()) == {1}
    assert run.starts[0]["ended"] == "done" and run.starts[0]["finished"] and run.tasks == ("seen",)


def test_tables_without_rows_have_their_columns(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request()):
        pass
    run = runs.open(tmp_path)
    assert all(run.table(name).num_rows == 0 for name in SCHEMAS)
    assert run.predictions("seen").schema == with_start(SCHEMAS["predictions_seen"])
    with pytest.raises(UnknownName, match="'tracks'"):
        run.table("tracks")


def test_an_error_in_the_loop_still_commits_what_was_added_and_says_how_it_ended(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
        raise KeyboardInterrupt
    with pytest.raises(ZeroDivisionError), runs.begin(tmp_path, request()) as start:
        start.add(whole("b"))
        raise ZeroDivisionError
    run = runs.open(tmp_path)
    assert items(tmp_path) == ["a", "b"]
    assert [start["ended"] for start in run.starts] == ["interrupted", "failed: ZeroDivisionError"]


def test_the_next_start_knows_what_is_done(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request(points=(JPEG, IDENTITY))) as start:
        assert start.id == 1 and not start.done.stream("d", "a", 0, JPEG)
        start.add(whole("a", 3))
        start.add(frames("a", range(2), IDENTITY))
    with runs.begin(tmp_path, request(points=(JPEG, IDENTITY))) as start:
        assert start.id == 2
        assert start.done.stream("d", "a", 0, JPEG) and not start.done.stream("d", "a", 0, IDENTITY)
        assert start.done.frames("d", "a", 0, JPEG) == {0, 1, 2} and start.done.frames("d", "a", 0, IDENTITY) == {0, 1}
        assert start.done.frames("d", "b", 0, JPEG) == start.done.frames("d", "a", 0, WEBP) == set()


def test_an_item_is_done_where_all_its_streams_or_stills_are(tmp_path: Path) -> None:
    path = (tmp_path / "x",)
    video, stills = Item("d", "v", "video", path), Item("d", "a..b", "stills", path * 2, ("a", "b"))
    out = tmp_path / "out"
    for rows, video_done, stills_done in (
        ([frames("v", range(8)), stream("v", 5, final=False)], False, False),
        ([stream("v", 3, first=5), whole("a")], True, False),
        ([whole("b")], True, True),
    ):
        with runs.begin(out, request("abv")) as start:
            for batch in rows:
                start.add(batch)
        with runs.begin(out, request("abv")) as start:
            assert (start.done.item(video, [JPEG]), start.done.item(stills, [JPEG])) == (video_done, stills_done)
            assert not start.done.item(video, [JPEG, WEBP])


def test_a_batch_without_its_commit_is_passed_over_and_then_removed(tmp_path: Path) -> None:
    with killed(tmp_path, request()) as start:
        start.add(whole("a"))
        start.add(whole("b"))
    (tmp_path / "commits" / "0001-000001.json").unlink()  # as if killed just before the commit
    (tmp_path / "frames" / ".part-0001-000002.parquet.0123456789ab.tmp").write_bytes(b"half a file")
    assert items(tmp_path) == ["a"]
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("b"))
    assert items(tmp_path) == ["a", "b"] and runs.verify(tmp_path) == []
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == [
        "part-0001-000000.parquet",
        "part-0002-000000.parquet",
    ]
    assert runs.open(tmp_path).starts[0]["ended"] == "killed"


def test_flushing_is_due_by_time(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request(), flush_seconds=0.0) as start:
        start.add(whole("a"))
        assert items(tmp_path) == ["a"]
    with runs.begin(tmp_path, request(), flush_seconds=1000.0) as start:
        start.add(whole("b"))
        assert items(tmp_path) == ["a"]
        start.fail(failure("c"))  # and a failure commits all
        assert items(tmp_path) == ["a", "b"]


STEPS = [(batches, "write_batch"), (commits, "encoded"), (commits, "write_commit"), (commits, "write_bytes")]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("module", "step"), STEPS, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("call", range(3))
def test_an_interruption_at_any_step_of_a_flush_writes_each_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module, step: str, when: str, call: int
) -> None:
    plain, calls = getattr(module, step), []

    def interrupted(*args):
        calls.append(args)
        if when == "before" and len(calls) == call + 1:
            raise KeyboardInterrupt
        result = plain(*args)
        if when == "after" and len(calls) == call + 1:
            raise KeyboardInterrupt
        return result

    with ExitStack() as stack:
        start = stack.enter_context(runs.begin(tmp_path, request("abc"), flush_seconds=0.0))
        monkeypatch.setattr(module, step, interrupted)
        for item in "abc":
            try:
                start.add(whole(item, 4))
            except KeyboardInterrupt:
                continue
    assert len(calls) > call and runs.verify(tmp_path) == []
    assert items(tmp_path) == [item for item in "abc" for _ in range(4)]


def test_an_interruption_at_any_line_of_a_flush_writes_each_row_once(tmp_path: Path) -> None:
    """A trace raises at the n-th line that the batches run, as a signal may; what was added by then is there once."""
    for line in range(40):
        out, lines = tmp_path / str(line), iter(range(1000))

        def trace(frame, event, argument, line=line, lines=lines):
            if frame.f_code.co_filename != batches.__file__:
                return None
            if event == "line" and next(lines) == line:
                raise KeyboardInterrupt
            return trace

        with runs.begin(out, request("abc"), flush_seconds=0.0) as start:
            for item in "abc":
                before = sys.gettrace()  # that of a debugger, or of whoever measures what tests reach
                sys.settrace(trace)
                try:
                    start.add(whole(item, 2))
                except KeyboardInterrupt:
                    pass
                finally:
                    sys.settrace(before)
        committed = items(out)
        assert {"b", "c"} <= set(committed) and all(committed.count(item) == 2 for item in set(committed)), line
        assert ("a" in committed) == (line > 0) and runs.verify(out) == []


def test_shards_share_a_folder_and_another_cut_is_refused(tmp_path: Path) -> None:
    with (
        runs.begin(tmp_path, request("a", shard=(0, 2))) as one,
        runs.begin(tmp_path, request("b", shard=(1, 2))) as two,
    ):
        before = content(tmp_path)
        for shard in ((1, 2), (0, 3), (0, 1)):
            with pytest.raises(StorageError, match="is running there"), runs.begin(tmp_path, request("b", shard=shard)):
                pass
        assert content(tmp_path) == before
        one.add(whole("a"))
        two.add(whole("b"))
    assert items(tmp_path) == ["a", "b"] and runs.verify(tmp_path) == []
    assert runs.open(tmp_path).manifest["dataset"]["items"] == 2
    assert [start["shard"] for start in runs.open(tmp_path).starts] == [[0, 2], [1, 2]]


def test_a_start_whose_process_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from ahc_stream import runs; from tests.runs.sample_rows import *\n"
        "with runs.begin(Path(sys.argv[1]), request(), flush_seconds=0.0) as start:\n"
        "    start.add(whole('a')); os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False).returncode == -9
    with runs.begin(tmp_path, request()) as start:
        assert start.done.stream("d", "a", 0, JPEG)
    assert [start["ended"] for start in runs.open(tmp_path).starts] == ["killed", "done"]
    assert not lock.is_running(tmp_path, 1) and not list(tmp_path.glob(".start-*"))


def test_a_disk_that_takes_no_more_is_an_error_and_keeps_what_was_written(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
    limits, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(StorageError, match="Make room"), runs.begin(tmp_path, request()) as start:
            start.add(whole("b"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
            start.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert items(tmp_path) == ["a"] and not list(tmp_path.rglob("*.tmp")) and not list(tmp_path.glob(".start-*"))


def test_points_weights_codecs_and_items_are_added_and_never_forgotten(tmp_path: Path) -> None:
    weights = {name: {"file": f"{name}.pth", "sha256": name * 2, "licence": "MIT"} for name in ("one", "two")}
    with runs.begin(tmp_path, request("ab", weights={"one": weights["one"]})):
        pass
    with runs.begin(tmp_path, request("bc", (WEBP,), weights={"two": weights["two"]})):
        pass
    run = runs.open(tmp_path)
    assert [point["codec"] for point in run.points] == ["jpeg", "webp"] and run.manifest["weights"] == weights
    assert run.table("items")["item"].to_pylist() == ["a", "b", "c"]
    assert run.manifest["experiment"]["codecs"] == [str(JPEG), str(WEBP)]
    assert [[point["codec"] for point in start["points"]] for start in run.starts] == [["jpeg"], ["webp"]]


OTHERS = {
    "dataset": {"dataset": "e"},
    "tasks": {"tasks": ("seen:twice=1",)},
    "metrics": {"metrics": {"psnr": "another PSNR"}},
    "metric_profile": {"experiment": {"metric_profile": "study", "source": "auto", "clean": True}},
    "source": {"experiment": {"metric_profile": "standard", "source": "pyav", "clean": True}},
    "clean": {"experiment": {"metric_profile": "standard", "source": "auto", "clean": False}},
    "precision": {
        "experiment": {"metric_profile": "standard", "source": "auto", "clean": True, "precision": "tf32"},
    },
    "weights net": {"weights": {"net": {"file": "net.pth", "sha256": "other", "licence": "MIT"}}},
    "scorers seen": {"scorers": {"seen": "other"}},
    "item a": {"items": {"a": {"ends": "other"}}},
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_identity_is_refused_by_name_and_nothing_is_changed(tmp_path: Path, name: str) -> None:
    net = {"net": {"file": "net.pth", "sha256": "ab", "licence": "MIT"}}
    with runs.begin(tmp_path, request(weights=net, scorers={"seen": "ab"})) as start:
        start.add(whole("a"))
    before = content(tmp_path)
    with pytest.raises(StorageError, match=f"{name} = "), runs.begin(tmp_path, request(**OTHERS[name])):
        pass
    assert content(tmp_path) == before


def test_only_like_digests_are_compared(tmp_path: Path) -> None:
    for digests in ({"ends": "e"}, {"whole": "w"}, {"ends": "e", "whole": "w"}):
        with runs.begin(tmp_path, request(items={"a": digests})) as start:
            start.add(whole("a") if start.id == 1 else {})
    for digests in ({"ends": "x"}, {"whole": "x"}, {"ends": "e", "whole": "x"}):
        with pytest.raises(StorageError, match="item a"), runs.begin(tmp_path, request(items={"a": digests})):
            pass


def test_a_start_tells_that_it_runs_other_versions(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with runs.begin(tmp_path, request()) as start:
        assert start.notes == ()
    newer = {"commit": "1" * 40, "versions": {"python": "3.12.1"}, "hardware": {"gpu": "NVIDIA H200"}}
    with runs.begin(tmp_path, request(provenance=newer)) as start:
        (note,) = start.notes
    assert (
        "python 3.11.7, now 3.12.1" in note
        and "GPU None, now NVIDIA H200" in note
        and runs.open(tmp_path).starts[1]["notes"] == [note]
    )
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [note]


def test_loads_and_failures_are_in_the_manifest_at_the_end(tmp_path: Path) -> None:
    load = {"setup": 0.5, "busy": 1.5, "starved": 0.0, "blocked": 0.0, "items": 2}
    with runs.begin(tmp_path, request()) as start:
        start.fail(failure("a"))
        start.finish({"open": load})
    text = (tmp_path / "manifest.json").read_text()
    (entry,) = json.loads(text)["starts"]
    assert text.endswith("}\n")
    assert entry["loads"] == {"open": load} and entry["failures"] == 1 and entry["peak_memory_gib"] > 0


def test_pandas_and_duckdb_read_the_rows(tmp_path: Path) -> None:
    import duckdb

    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
    run = runs.open(tmp_path)
    rows = run.frames
    assert run.to_pandas("frames").psnr.tolist() == [30.0] and rows.num_rows == 1
    assert duckdb.sql("select avg(psnr) from rows").fetchall() == [(30.0,)]


def test_the_order_in_which_rows_came_is_in_no_table(tmp_path: Path) -> None:
    pieces = [frames(item, numbers, point) for item in "ba" for numbers in ((2, 0), (1, 3)) for point in (WEBP, JPEG)]
    for name, order in (("one", pieces), ("other", pieces[::-1])):
        with runs.begin(tmp_path / name, request(points=(JPEG, WEBP)), flush_seconds=0.0) as start:
            for rows in order:
                start.add(rows)
    one, other = (runs.open(tmp_path / name) for name in ("one", "other"))
    assert all(one.table(name).equals(other.table(name)) for name in SCHEMAS)


def test_what_somebody_else_has_written_is_there_once_it_is_adopted(tmp_path: Path) -> None:
    with runs.begin(tmp_path / "out", request("ab")) as start:
        for item, is_adopted in (("a", True), ("b", False)):
            place = start.place()
            commit = place.write([frames(item), stream(item, 1)], [], [])
            if is_adopted:
                start.adopt(commit)
            else:
                start.discard(place)
    assert items(tmp_path / "out") == items(tmp_path / "out", "streams") == ["a"]
    assert runs.verify(tmp_path / "out") == []
