"""Cells of CSV files that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pytest

from ahc_stream.core.spreadsheet import STARTS, without_formulas, write_csv

HARMLESS = ["a=b", "x+1", "", "'quoted", "1-2", "\u00e9", 'say "=1"', "a\n=b", " @x"]


def written(table: pa.Table) -> list[list[str]]:
    file = io.BytesIO()
    write_csv(table, file)
    return list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))


@pytest.mark.parametrize("start", STARTS)
def test_a_text_that_begins_as_a_formula_gets_an_apostrophe(start: str) -> None:
    assert written(pa.table({"item": [f"{start}SUM(1+1)"]}))[1] == [f"'{start}SUM(1+1)"]


def test_commands_of_the_field_are_text() -> None:
    commands = ["=cmd|' /C calc'!A0", "@SUM(1+1)", "+1+cmd|'x'!A", "-2+3", '=HYPERLINK("x")']
    assert [row[0] for row in written(pa.table({"item": commands}))[1:]] == ["'" + text for text in commands]


def test_other_texts_and_all_numbers_stay_as_they_are() -> None:
    table = pa.table({"item": HARMLESS, "value": [-1.5] * len(HARMLESS), "count": [-3] * len(HARMLESS)})
    assert without_formulas(table).equals(table)
    assert written(table)[1:] == [[text, "-1.5", "-3"] for text in HARMLESS]


def test_names_of_columns_and_coded_texts_are_escaped_and_nulls_stay() -> None:
    coded = pa.array(["=1", None, "ok"]).dictionary_encode()
    table = without_formulas(pa.table({"=x": coded, "+y": pa.array(["-1", None, "z"], pa.large_string())}))
    assert table.column_names == ["'=x", "'+y"]
    assert table.columns[0].to_pylist() == ["'=1", None, "ok"] and table.columns[1].to_pylist() == ["'-1", None, "z"]
