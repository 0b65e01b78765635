"""Fields of foreign tables: what each means, the values that it may have, and an error that names the odd record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ahc_stream.core.errors import MediaError
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import shown

FURTHEST = 1e5
"""Greatest coordinate in pixels, and longest side of a box: with it, an area is within COCO's largest size, 1e10."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class FieldRange:
    """A number of a foreign table: what it means, and the range that it lies in. NaN and infinity lie in none."""

    meaning: str
    least: float
    most: float
    is_whole: bool = False

    def read(self, value: object) -> float:
        """The value of a number, or of a text that is one. Raises ValueError, which says what was expected."""
        number = _as_float(value)
        if not self.least <= number <= self.most or (self.is_whole and not number.is_integer()):
            raise ValueError(str(self))
        return number

    def __str__(self) -> str:
        kind = " (a whole number)" if self.is_whole else ""
        return f"{self.meaning} from {self.least:g} to {self.most:g}{kind}"


COORDINATE = FieldRange("a coordinate in pixels", -FURTHEST, FURTHEST)
SIDE = FieldRange("a side in pixels", 0, FURTHEST)
AREA = FieldRange("an area in pixels^2", 0, FURTHEST**2)
BOX = (COORDINATE, COORDINATE, SIDE, SIDE)
"""Left, top, width, height."""


def identity(value: object) -> str:
    """An identifier as text, so that 7, 7.0 and "7" are one, whatever its size. Raises ValueError."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError("a number or a text")
    return readable(str(value))


def _as_float(value: object) -> float:
    """NaN for what is no number; a truth value is none, and neither is "1_000", which Python would read."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or (isinstance(value, str) and "_" in value):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


@dataclass(frozen=True)
class JsonRecord:
    """One object of a list in a JSON file.

    name:  what an error calls it, such as "annotations[3] (id 7) of FILE".
    """

    name: str
    values: Mapping[str, object]

    def has(self, field: str) -> bool:
        """Whether the field is there and says something: null says nothing."""
        return self.values.get(field) is not None

    def number(self, field: str, field_range: FieldRange) -> float:
        """Raises MediaError, as all of these do, for a field that is missing or says something else."""
        value = self.values.get(field)
        if isinstance(value, str):
            raise self.error(f"a number as {field}", shown(value))
        return self._read(field, field_range.read, str(field_range))

    def numbers(self, field: str, ranges: Sequence[FieldRange]) -> list[float]:
        """A list of as many numbers as there are `ranges`."""
        values = self.values.get(field)
        if not isinstance(values, list) or len(values) != len(ranges):
            raise self.error(f"{len(ranges)} numbers as {field}", self._shown(field))
        items = {f"{field}[{index}]": value for index, value in enumerate(values)}
        row = JsonRecord(self.name, items)
        return [row.number(name, field_range) for name, field_range in zip(items, ranges, strict=True)]

    def text(self, field: str) -> str:
        """A text that is not empty."""
        value = self.values.get(field)
        if not isinstance(value, str) or not value:
            raise self.error(f"a text as {field}", self._shown(field))
        return value

    def identity(self, field: str) -> str:
        """An identifier, as `identity` has it."""
        return self._read(field, identity, "a number or a text")

    def flag(self, field: str) -> bool:
        """0 or 1, false or true; where nothing is said, false."""
        value = self.values.get(field)
        if value not in (None, 0, 1):
            raise self.error(f"0 or 1 as {field}", self._shown(field))
        return bool(value)

    def error(self, expected: str, got: str) -> MediaError:
        """The error for a record that does not say what it should."""
        return MediaError(f"{expected} in {self.name}", got, "correct that record")

    def _read(self, field: str, read: Callable[[object], Value], expected: str) -> Value:
        try:
            return read(self.values[field])
        except (KeyError, ValueError) as error:
            raise self.error(f"{expected} as {field}", self._shown(field)) from error

    def _shown(self, field: str) -> str:
        return shown(self.values[field]) if field in self.values else "none"


def records(content: Mapping[str, object], table: str, path: Path) -> Iterator[JsonRecord]:
    """The objects of the list `table`, with names for errors. Raises MediaError for what is no list of objects."""
    rows = content.get(table)
    if not isinstance(rows, list):
        got = shown(rows) if table in content else "none"
        raise MediaError(f"a list of {table} in {path}", got, "fetch the file again, or write it as COCO's are")
    for index, row in enumerate(rows):
        name = f"{table}[{index}] of {path}"
        if not isinstance(row, dict):
            raise MediaError(f"an object as {name}", shown(row), "correct that record")
        if "id" in row:
            name = f"{table}[{index}] (id {shown(row['id'])}) of {path}"
        yield JsonRecord(name, row)
