"""How a plane is cut into bands of rows, one to each lane."""

from __future__ import annotations

from typing import NamedTuple

MOST_ROWS = 108
"""Of a band. Each band costs as many rows more as its window reaches, and float32 sums up a band."""


class Bands(NamedTuple):
    """number: of a plane's bands. rows: of each, an even number."""

    number: int
    rows: int


def bands_of(height: int) -> Bands:
    """As few bands as `MOST_ROWS` allows, of as equal a size as can be."""
    count = -(-height // MOST_ROWS)
    return Bands(count, -(-height // (2 * count)) * 2)
