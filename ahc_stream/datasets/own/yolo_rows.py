"""Rows of a YOLO label file: a box a line, in shares of the picture as a viewer shows it.

    class cx cy w h                 a box by its centre and its sides
    class x1 y1 x2 y2 x3 y3 ...     an outline of three points or more: the box around it; of four, an oriented box too

Either in the whole file. A row that says the same as another one is one label. So ultralytics reads them
(`ultralytics/data/utils.py`, verify_image_label), and values up to a hundredth beyond the picture with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ahc_stream.core.foreign_text import TextLine, line_error, read_lines, shown
from ahc_stream.datasets.fields import FieldRange
from ahc_stream.datasets.own.upright import Corners

SHARE = FieldRange("a share of the picture", -0.01, 1.01)
SIDE = FieldRange("a share of the picture's side", 0, 1.01)
BOX = (SHARE, SHARE, SIDE, SIDE)
BOX_COLUMNS, LEAST_OUTLINE_COLUMNS = 5, 7


class YoloRow(NamedTuple):
    """One label: the number of its class, its corners in shares of the picture, and where it is an outline its points
    x, y, x, y ... in shares too."""

    class_number: int
    corners: Corners
    outline: tuple[float, ...]


def read_rows(path: Path, classes: int | None) -> list[YoloRow]:
    """The labels of one picture in their order.

    classes:  how many there are; None where nothing says it.
    Raises MediaError, which names the line, for a row that is none and for a class that there is not.
    """
    number = class_numbers(classes)
    labels: dict[tuple[str, ...], YoloRow] = {}
    columns = 0
    for line in read_lines(path):
        fields = tuple(line.text.split())
        columns = columns or len(fields)
        if (len(fields) == BOX_COLUMNS) != (columns == BOX_COLUMNS):
            raise line_error(path, line.number, "boxes in every row, or outlines in every row", "both")
        try:
            outline = tuple(map(float, fields[1:])) if columns != BOX_COLUMNS else ()
            labels[fields] = YoloRow(int(number.read(fields[0])), corners_of(fields[1:]), outline)
        except ValueError as error:
            raise line_error(path, line.number, str(error), shown(line.text.strip())) from None
    return list(labels.values())


def class_numbers(classes: int | None) -> FieldRange:
    """What the first column takes. classes: how many there are; None where nothing says it."""
    return FieldRange("the number of a class", 0, 1e6 if classes is None else classes - 1, is_whole=True)


def corners_of(fields: tuple[str, ...]) -> Corners:
    """The box of the other columns, in shares. Raises ValueError, which says what was expected."""
    if len(fields) == len(BOX):
        x, y, width, height = (share.read(text) for share, text in zip(BOX, fields, strict=True))
        return Corners(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if len(fields) + 1 < LEAST_OUTLINE_COLUMNS or len(fields) % 2:
        raise ValueError("class cx cy w h, or class and three points x y or more")
    shares = [SHARE.read(text) for text in fields]
    return Corners(min(shares[::2]), min(shares[1::2]), max(shares[::2]), max(shares[1::2]))


def looks_like_rows(path: Path) -> bool:
    """Whether the first line of a text file is a row of labels; false of an empty file."""
    first = next(_first_line(path), None)
    if first is None:
        return False
    fields = first.text.split()
    try:
        corners_of(tuple(fields[1:]))
    except ValueError:
        return False
    return fields[0].isdecimal()


def _first_line(path: Path) -> Iterator[TextLine]:
    for line in read_lines(path):
        yield line
        return
