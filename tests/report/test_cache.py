"""Tallies are computed once for the same content and code, and again for anything else."""

from __future__ import annotations

import logging
from pathlib import Path

import pyarrow as pa
import pytest

from ahc_stream import tasks
from ahc_stream.core.errors import StorageError
from ahc_stream.report import cache
from ahc_stream.report.cache import remembered

ONE, TWO = pa.table({"x": [1, 2]}), pa.table({"x": [1, 3]})


class Counting:
    """Gives a table and counts how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> pa.Table:
        self.calls += 1
        return pa.table({"calls": [self.calls]})


def test_the_same_content_is_computed_once_however_it_is_cut(tmp_path: Path) -> None:
    compute = Counting()
    first = remembered(tmp_path, "edges", "a", [ONE], compute)
    chunked = pa.concat_tables([ONE.slice(0, 1), ONE.slice(1)])
    assert remembered(tmp_path, "edges", "a", [chunked], compute) == first == pa.table({"calls": [1]})
    assert compute.calls == 1


@pytest.mark.parametrize(("what", "inputs"), [("b", [ONE]), ("a", [TWO]), ("a", [ONE, TWO]), ("a", [TWO, ONE])])
def test_another_question_or_other_content_is_computed(tmp_path: Path, what: str, inputs: list[pa.Table]) -> None:
    compute = Counting()
    remembered(tmp_path, "edges", "a", [ONE], compute)
    remembered(tmp_path, "edges", "a", [ONE, ONE], compute)
    assert remembered(tmp_path, "edges", what, inputs, compute) == pa.table({"calls": [3]})


def test_other_code_is_another_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Counting()
    remembered(tmp_path, "edges", "a", [ONE], compute)
    monkeypatch.setattr(cache, "_code", lambda: "changed")
    assert remembered(tmp_path, "edges", "a", [ONE], compute) == pa.table({"calls": [2]})


def test_another_scorer_of_a_user_is_another_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module is looked at, not its name alone; where there is no source, nothing is remembered."""
    monkeypatch.syspath_prepend(tmp_path)
    compute = Counting()
    (tmp_path / "scorer_of_a_user.py").write_text("SCORES = ()")
    tasks.recorded("cached:scorer=scorer_of_a_user")
    for text, calls in (("SCORES = ()", 1), ("SCORES = ()", 1), ("SCORES = () # other code", 2)):
        (tmp_path / "scorer_of_a_user.py").write_text(text)
        assert remembered(tmp_path, "cached", "a", [ONE], compute) == pa.table({"calls": [calls]})
    monkeypatch.setattr(tasks, "scorer_digest", lambda name: None)
    for calls in (3, 4):
        assert remembered(tmp_path, "cached", "a", [ONE], compute) == pa.table({"calls": [calls]})


def test_loops_that_tallies_are_computed_by_are_part_of_the_code() -> None:
    files = list(cache._sources())
    assert any(file.parts[-3:] == ("tasks", "detection", "match.py") for file in files)
    names = {file.name for file in files}
    assert "box_match.py" in names and any(name.startswith("_native") for name in names)


def test_where_nothing_can_be_kept_it_is_computed_each_time_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tallies").write_text("in the way")
    compute = Counting()
    with caplog.at_level(logging.WARNING):
        for calls in (1, 2):
            assert remembered(tmp_path, "edges", "a", [ONE], compute) == pa.table({"calls": [calls]})
    assert "cannot keep" in caplog.text


@pytest.mark.parametrize("kept", [0, 100])
def test_a_damaged_tally_says_which_file_to_remove(tmp_path: Path, kept: int) -> None:
    remembered(tmp_path, "edges", "a", [ONE], Counting())
    (path,) = (tmp_path / "tallies").iterdir()
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StorageError, match=f"{path.name}.*Remove the file"):
        remembered(tmp_path, "edges", "a", [ONE], Counting())


def test_nothing_unfinished_is_left(tmp_path: Path) -> None:
    remembered(tmp_path, "edges", "a", [ONE], Counting())
    assert [path.suffix for path in (tmp_path / "tallies").iterdir()] == [".parquet"]
