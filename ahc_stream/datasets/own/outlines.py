"""Outlines of four corners as a table of labels: oriented boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from ahc_stream.core.labels import ORIENTED_BOXES
from ahc_stream.core.wording import counted

CORNER_NUMBERS = 8

Numbers = tuple[float, ...]
Point = tuple[float, float]


class LabelledOutline(NamedTuple):
    """Four corners x, y, x, y ... in stored pixels, of the picture called `item`. ignore: not to be found."""

    item: str
    class_name: str
    corners: Numbers
    ignore: bool = False


def table_of_outlines(dataset: str, outlines: Iterable[LabelledOutline]) -> pa.Table:
    """Rows of the schema ORIENTED_BOXES: nothing tracked, the area that of the outline, whose sides are uncrossed."""
    rows = list(outlines)
    corners = [uncrossed(row.corners) for row in rows]
    columns = {
        "dataset": [dataset] * len(rows),
        "item": [row.item for row in rows],
        "frame": [0] * len(rows),
        "track_id": [-1] * len(rows),
        "class_name": [row.class_name for row in rows],
        "x1": [min(numbers[::2]) for numbers in corners],
        "y1": [min(numbers[1::2]) for numbers in corners],
        "x2": [max(numbers[::2]) for numbers in corners],
        "y2": [max(numbers[1::2]) for numbers in corners],
        "area": [area(numbers) for numbers in corners],
        "ignore": [row.ignore for row in rows],
        "corners": corners,
    }
    return pa.table(columns, schema=ORIENTED_BOXES)


def crossing_notes(outlines: Sequence[LabelledOutline]) -> Iterator[str]:
    """How many have sides that cross, if any."""
    crossed = [row for row in outlines if uncrossed(row.corners) != row.corners]
    if crossed:
        yield f"{counted(len(crossed), 'outline')} with sides that cross put in order, such as one of {crossed[0].item}"


def area(corners: Numbers) -> float:
    """Of an outline whose sides do not cross."""
    a, b, c, d = _points(corners)
    return abs(_turn(a, b, c) + _turn(a, c, d)) / 2


def uncrossed(corners: Numbers) -> Numbers:
    """The corners so ordered that no two sides cross: somebody named them in the order of a bow tie."""
    a, b, c, d = _points(corners)
    if _cross(a, b, c, d):
        return (*a, *c, *b, *d)
    if _cross(b, c, d, a):
        return (*a, *b, *d, *c)
    return corners


def _points(corners: Numbers) -> tuple[Point, Point, Point, Point]:
    x1, y1, x2, y2, x3, y3, x4, y4 = corners
    return (x1, y1), (x2, y2), (x3, y3), (x4, y4)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the line from a to b and that from c to d have an inner point of both in common."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the area of the triangle, negative where it is the other way around."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
