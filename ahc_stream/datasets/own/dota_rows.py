"""Rows of a label file of DOTA: an outline a line, in pixels of the picture.

    imagesource:GoogleEarth                                   two lines in front, both of which may be missing
    gsd:0.146343590398
    x1 y1 x2 y2 x3 y3 x4 y4 category difficult                difficult is 0, which it may leave out, or more

The format is that of captain-whu.github.io/DOTA/dataset.html. Its categories have hyphens ("small-vehicle") where
ultralytics' DOTAv1.yaml, and so the models trained with it, have spaces: they are read with spaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_text import TextLine, line_error, read_lines, shown
from ahc_stream.datasets.fields import COORDINATE, FieldRange

HEADERS = ("imagesource", "gsd")
COORDINATES = 8
DIFFICULTY = FieldRange("difficult", 0, 100, is_whole=True)
ROW = "x1 y1 x2 y2 x3 y3 x4 y4 category difficult"


class DotaRow(NamedTuple):
    """One label: its class, its corners x, y, x, y ... in pixels, and whether it is difficult."""

    class_name: str
    corners: tuple[float, ...]
    is_difficult: bool


def read_dota_rows(path: Path) -> list[DotaRow]:
    """The labels of one picture in their order. Raises MediaError, which names the line, for a row that is none."""
    rows = []
    for line in _below_headers(path):
        try:
            rows.append(_row(line.text.split()))
        except ValueError as error:
            raise line_error(path, line.number, str(error), shown(line.text.strip())) from None
    return rows


def _below_headers(path: Path) -> Iterator[TextLine]:
    is_header = True
    for line in read_lines(path):
        is_header = is_header and line.text.strip().lower().startswith(HEADERS)
        if not is_header:
            yield line


def _row(fields: list[str]) -> DotaRow:
    """Raises ValueError, which says what was expected."""
    if len(fields) not in (COORDINATES + 1, COORDINATES + 2):
        raise ValueError(ROW)
    corners = tuple(COORDINATE.read(text) for text in fields[:COORDINATES])
    is_difficult = any(DIFFICULTY.read(text) for text in fields[COORDINATES + 1 :])
    return DotaRow(readable(fields[COORDINATES].replace("-", " ")), corners, is_difficult)
