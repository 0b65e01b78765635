"""CSV files that another program wrote: a row for each image.

A line of names comes first, one of which is "image"; without it a file has just the column of images and another one.
Fields are parted by commas, or by tabs or semicolons where the first line has no comma.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.foreign_text import line_error, read_text, shown

IMAGE = "image"
SHOWN = 3
"""Columns that a message names."""

Line = tuple[int, Sequence[str]]
"""Its number, counted from 1 (of a row over several lines the last one's), and its fields."""


@dataclass(frozen=True)
class CsvRow:
    """image: not empty. values: one for each of the table's columns, as they stand."""

    line: int
    image: str
    values: Sequence[str]


@dataclass(frozen=True)
class CsvTable:
    """columns: without IMAGE, in their order. rows: as they are read, once."""

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[CsvRow]

    def place(self, column: str) -> int:
        """Which of a row's values it is. Raises MediaError where there is no such column."""
        if column not in self.columns:
            got = ", ".join(self.columns[:SHOWN]) or "no other column"
            raise MediaError(
                f"columns {IMAGE} and {column} in {self.path}", got, f"write {IMAGE},{column} as first line"
            )
        return self.columns.index(column)


def read_csv(path: Path, plain: str) -> CsvTable:
    """The rows of a file.

    plain:  the column beside the image's where the file has no line of names.
    Raises MissingData, and MediaError that names the line: for another number of fields, a column that is there twice,
    and a row without an image.
    """
    lines = _lines(path)
    first = next(lines, None)
    if first is None:
        raise MissingData(f"rows of {IMAGE},{plain} in {path}", "none", "check the path")
    names = _names(path, first, plain)
    rows = lines if names else chain([first], lines)
    columns = names or [IMAGE, plain]
    return CsvTable(path, tuple(name for name in columns if name != IMAGE), _rows(path, rows, columns))


def _lines(path: Path) -> Iterator[Line]:
    """Those that are not blank."""
    text = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise line_error(path, reader.line_num, "a line of a CSV", str(error)) from error


def _delimiter(text: str) -> str:
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    return next((sign for sign in ",\t;" if sign in first), ",")


def _names(path: Path, first: Line, plain: str) -> list[str]:
    """The names of the columns; none where the first line is a row."""
    number, fields = first
    names = [field.strip() for field in fields]
    names = [name.lower() if name.lower() in (IMAGE, plain) else name for name in names]
    if IMAGE not in names:
        if len(fields) != 2:
            todo = f"write a line of names such as {IMAGE},{plain}"
            raise line_error(path, number, f"names of columns, {IMAGE} among them", shown(",".join(fields)), todo)
        return []
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise line_error(path, number, "a name of its own for each column", f"{shown(twice)} twice")
    return names


def _rows(path: Path, lines: Iterable[Line], columns: Sequence[str]) -> Iterator[CsvRow]:
    place = columns.index(IMAGE)
    for number, fields in lines:
        if len(fields) != len(columns):
            more = " ..." if len(columns) > SHOWN else ""
            expected = f"{len(columns)} fields ({', '.join(columns[:SHOWN])}{more})"
            raise line_error(path, number, expected, f"{len(fields)}: {shown(','.join(fields))}")
        image = fields[place].strip()
        if not image:
            raise line_error(path, number, "the name of an image", "none")
        yield CsvRow(number, image, [*fields[:place], *fields[place + 1 :]])
