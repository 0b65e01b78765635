"""What is kept is computed once for the same question and content, and again for anything else."""

from __future__ import annotations

import logging
from pathlib import Path

import pyarrow as pa
import pytest

from ahc_stream.core.errors import StorageError
from ahc_stream.runs.tallies import remembered

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
    first = remembered(tmp_path, "a", [ONE], compute)
    chunked = pa.concat_tables([ONE.slice(0, 1), ONE.slice(1)])
    assert remembered(tmp_path, "a", [chunked], compute) == first == pa.table({"calls": [1]})
    assert compute.calls == 1


@pytest.mark.parametrize(("what", "inputs"), [("b", [ONE]), ("a", [TWO]), ("a", [ONE, TWO]), ("a", [TWO, ONE])])
def test_another_question_or_other_content_is_computed(tmp_path: Path, what: str, inputs: list[pa.Table]) -> None:
    compute = Counting()
    remembered(tmp_path, "a", [ONE], compute)
    remembered(tmp_path, "a", [ONE, ONE], compute)
    assert remembered(tmp_path, what, inputs, compute) == pa.table({"calls": [3]})


def test_where_nothing_can_be_kept_it_is_computed_each_time_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tallies").write_text("in the way")
    compute = Counting()
    with caplog.at_level(logging.WARNING):
        for calls in (1, 2):
            assert remembered(tmp_path, "a", [ONE], compute) == pa.table({"calls": [calls]})
    assert "cannot keep" in caplog.text


@pytest.mark.parametrize("kept", [0, 100])
def test_a_damaged_tally_says_which_file_to_remove(tmp_path: Path, kept: int) -> None:
    remembered(tmp_path, "a", [ONE], Counting())
    (path,) = (tmp_path / "tallies").iterdir()
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StorageError, match=f"{path.name}.*Remove the file"):
        remembered(tmp_path, "a", [ONE], Counting())


def test_nothing_unfinished_is_left(tmp_path: Path) -> None:
    remembered(tmp_path, "a", [ONE], Counting())
    assert [path.suffix for path in (tmp_path / "tallies").iterdir()] == [".parquet"]


def test_it_is_the_same_table_whoever_computed_it(tmp_path: Path) -> None:
    """Parquet calls the elements of a list otherwise than a table that was just made: a question about a computed table
    and about the kept one have one name."""
    table = pa.table({"lists": pa.array([[1.0], [], [2.0, 3.0]], pa.list_(pa.float64()))})
    for _ in range(2):
        remembered(tmp_path, "b", [remembered(tmp_path, "a", [ONE], lambda: table)], Counting())
    assert len(list((tmp_path / "tallies").iterdir())) == 2
    assert remembered(tmp_path, "a", [ONE], lambda: table).to_pydict() == table.to_pydict()
