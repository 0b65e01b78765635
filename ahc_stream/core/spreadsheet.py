"""CSV files that a spreadsheet shows and does not run.

Excel, LibreOffice and Google Sheets take a cell that begins with one of STARTS for a formula, whether it is quoted or
not, and names of files come from strangers. OWASP's rule against "CSV injection" is followed: such a text gets an
apostrophe before it. Numbers are numbers, and stay as they are.
"""

from __future__ import annotations

from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Formulas begin so, the last four as full-width characters; a tab or a line break hides a start from the eye."""
_FORMULA = f"^([{STARTS}])".replace("-", r"\-")


def write_csv(table: pa.Table, file: IO[bytes]) -> None:
    """Writes a table as CSV in UTF-8 with a line of names, none of whose cells a spreadsheet runs."""
    pyarrow.csv.write_csv(without_formulas(table), file)


def without_formulas(table: pa.Table) -> pa.Table:
    """The table with an apostrophe before each text and column name that a spreadsheet would take for a formula."""
    columns = [_escaped(column) for column in table.columns]
    names = ["'" + name if name.startswith(tuple(STARTS)) else name for name in table.column_names]
    return pa.table(columns, names=names)


def _escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    return pc.replace_substring_regex(column, pattern=_FORMULA, replacement=r"'\1")
