"""How far a run is: by its manifest and commits alone where they tell it, else by rows, and the same either way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ahc_stream import runs
from ahc_stream.core.errors import MediaError
from ahc_stream.core.failure import Failure
from ahc_stream.runs import overviews
from ahc_stream.runs.overviews import overview, run_folders
from tests.runs.sample_rows import JPEG, WEBP, parts, request, whole


def ran(folder: Path, *items: str, points=(JPEG,), shard=(0, 1), rows: int | None = None) -> None:
    """A start that measures its items, or only the first so many."""
    with runs.begin(folder, request(items, points, shard=shard)) as start:
        for item in items[:rows]:
            for point in points:
                start.add(whole(item, point=point))


def by_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> runs.Overview:
    with monkeypatch.context() as patch:
        patch.setattr(overviews, "_is_told_whole", lambda known, commits: False)
        return overview(folder)


def test_a_whole_run_is_told_without_any_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path, "a", "b")
    slow = by_rows(tmp_path, monkeypatch)
    monkeypatch.setattr(overviews, "_counted", lambda *_: pytest.fail("rows were read"))
    told = overview(tmp_path)
    assert told == slow and told.is_whole and told.state == "whole"
    assert (told.dataset, told.items, told.done, told.failures, told.running) == ("d", 2, 2, 0, ())
    assert told.points == ({"codec": "jpeg", "quality": 50.0, "options": "subsampling=420"},)
    assert told.started == runs.open(tmp_path).starts[-1]["started"] and told.page is None


def test_points_shards_and_items_that_lack_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "points"
    ran(out, "a", "b", rows=1)
    assert (overview(out).done, overview(out).state) == (1, "unfinished")
    ran(out, "a", "b", points=(WEBP,))  # it came to its end, and the other point is still not there
    assert overview(out).done == 1 == by_rows(out, monkeypatch).done and overview(out).state == "unfinished"
    ran(out, "a", "b")
    assert overview(out).is_whole and by_rows(out, monkeypatch) == overview(out)
    out = tmp_path / "shards"
    ran(out, "a", shard=(0, 2))
    ran(out, "b", shard=(1, 2))
    assert overview(out).is_whole and overview(out).items == 2
    ran(out, "a", "b", "c", rows=0)
    assert overview(out).done == 2 and overview(out).state == "unfinished"
    ran(out, "a")  # a smaller limit, to its end
    assert overview(out).done == 2 and overview(out).state == "unfinished"


def test_failures_are_counted_until_they_are_mended(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
        start.fail(Failure("d", "b", "open", MediaError("a picture", "none", "mend it")))
    told = overview(tmp_path)
    assert (told.done, told.failures, told.state, told.is_whole) == (1, 1, "failures 1", False)
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("b"))
    assert overview(tmp_path).state == "whole"


HOLD = """
import sys
from pathlib import Path
from ahc_stream import runs
from tests.runs.sample_rows import request, whole
with runs.begin(Path(sys.argv[1]), request()) as start:
    start.add(whole("a"))
    start.flush()
    print("held", flush=True)
    sys.stdin.readline()
    {end}
"""


@pytest.mark.parametrize(("end", "state"), [("start.add(whole('b'))", "whole"), ("os._exit(9)", "unfinished")])
def test_a_start_that_runs_is_seen_until_it_ends(tmp_path: Path, end: str, state: str) -> None:
    program = HOLD.format(end=f"import os; {end}")
    command = [sys.executable, "-c", program, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    told = overview(tmp_path)
    assert told.running == (1,) and told.done == 1 and told.state == "being written by start 1"
    process.communicate("\n")
    assert overview(tmp_path).running == () and overview(tmp_path).state == state


def test_damage_is_a_state_and_no_error(tmp_path: Path) -> None:
    for name in ("part", "size", "manifest", "none", "commit", "format"):
        ran(tmp_path / name, "a", "b")
    parts(tmp_path / "part", "frames")[0].unlink()
    parts(tmp_path / "size", "streams")[0].write_bytes(b"PAR1")
    (tmp_path / "manifest" / "manifest.json").write_text("{")
    (tmp_path / "none" / "manifest.json").unlink()
    next((tmp_path / "commit" / "commits").iterdir()).write_text("[]")
    known = json.loads((tmp_path / "format" / "manifest.json").read_text())
    (tmp_path / "format" / "manifest.json").write_text(json.dumps(known | {"format": 2}))
    for folder in run_folders(tmp_path):
        told = overview(folder)
        assert told.state.startswith("damaged: expected ") and not told.is_whole, folder
        assert (told.items, told.done, told.failures) == (0, 0, 0)
        assert folder.name == "format" or runs.verify(folder), folder
    assert len(list(run_folders(tmp_path))) == 6


def test_rows_that_a_repair_drops_are_missing_again(tmp_path: Path) -> None:
    ran(tmp_path, "a", "b")
    parts(tmp_path, "streams")[0].write_bytes(b"PAR1")
    assert runs.repair(tmp_path)
    assert overview(tmp_path).done < 2 and overview(tmp_path).state == "unfinished"


def test_runs_are_found_two_folders_down_and_nowhere_else(tmp_path: Path) -> None:
    for name in ("one", "group/two", "group/deep/three", "group/deep/deeper/four", ".hidden/five"):
        ran(tmp_path / name, "a")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "a web application"}')
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "manifest.json").write_text("[]")
    (tmp_path / "one" / "inner").mkdir()
    ran(tmp_path / "one" / "inner", "a")
    found = [str(path.relative_to(tmp_path)) for path in run_folders(tmp_path)]
    assert found == ["group/two", "one"]
    assert list(run_folders(tmp_path / "one")) == [tmp_path / "one"]
    assert list(run_folders(tmp_path / "nowhere")) == []
