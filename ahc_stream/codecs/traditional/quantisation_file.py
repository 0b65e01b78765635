"""A file of JPEG quantisation tables, in the form that libjpeg's cjpeg takes with -qtables.

    # luma, then chroma, if it has tables of its own
    16  11  10  16  24  40  51  61
    12  12  14  19  26  58  60  55
    ...

Text: whole numbers from 1 to 255 in decimal digits with any white space between them; `#` begins a comment, to the end
of the line. 64 numbers are one table for luma and chroma, 128 are luma's and then chroma's. A table lies row by row,
the lowest frequency first and horizontal frequencies rising within a row; not in the zigzag order of JPEG files.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import TextLine, read_lines, shown

COEFFICIENTS = 64
"""Numbers of a table: 8 x 8 frequencies."""

Tables = tuple[tuple[int, ...], ...]
"""One table, or luma's and chroma's; 64 numbers each, row by row."""

_HIGHEST = 255  # of baseline JPEG, whose tables have 8 bits
_NUMBER = re.compile(r"[0-9]{1,9}")


def read_tables(path: Path) -> Tables:
    """The tables of a file. Raises MissingData where there is no file, MediaError for one that cannot be read, and
    InvalidValue for what is none of tables."""
    numbers: list[int] = []
    for line in read_lines(path):
        numbers += _numbers(path, line)
        if len(numbers) > 2 * COEFFICIENTS:
            raise _invalid(path, f"more than {2 * COEFFICIENTS} numbers")
    if len(numbers) not in (COEFFICIENTS, 2 * COEFFICIENTS):
        raise _invalid(path, f"{len(numbers)} numbers")
    return tuple(tuple(numbers[start : start + COEFFICIENTS]) for start in range(0, len(numbers), COEFFICIENTS))


def digest_of(tables: Tables) -> str:
    """SHA-256 of the numbers, a byte each; comments and white space do not count."""
    return hashlib.sha256(bytes(number for table in tables for number in table)).hexdigest()


def _numbers(path: Path, line: TextLine) -> list[int]:
    words = line.text.partition("#")[0].split()
    for word in words:
        if not _NUMBER.fullmatch(word) or not 1 <= int(word) <= _HIGHEST:
            raise _invalid(path, f"{shown(word)} in line {line.number}")
    return [int(word) for word in words]


def _invalid(path: Path, got: str) -> InvalidValue:
    expected = f"64 or 128 whole numbers from 1 to {_HIGHEST}, row by row, in {path}"
    return InvalidValue(expected, got, "correct the file, or leave qtable out")
