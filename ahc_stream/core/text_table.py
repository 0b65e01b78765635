"""Tables of numbers on a terminal: side by side where they fit, else one below the other, and never a digit cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ahc_stream.core.file_names import readable

if TYPE_CHECKING:
    from rich.console import Console

FRAME = 3
"""Columns of the terminal that a cell takes beside its text: two spaces and a line."""


def print_numbers(
    console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]], keys: int, title: str = ""
) -> None:
    """Prints rows of texts under their headings, the first `keys` columns at the left and again in every block. Texts
    are shown as `readable` has them.

    A table that is wider than the console is cut into blocks of columns that fit.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    title, headings, rows = readable(title), _readable(headings), list(map(_readable, rows))
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    for block in _blocks(widths, keys, console.width):
        table = Table(title=Text(title) if title else None, title_justify="left")
        for index in block:
            table.add_column(Text(headings[index]), justify="left" if index < keys else "right", no_wrap=True)
        for row in rows:
            table.add_row(*(Text(row[index]) for index in block))
        console.print(table)


def _readable(texts: Sequence[str]) -> list[str]:
    return [readable(text) for text in texts]


def _blocks(widths: Sequence[int], keys: int, room: int) -> Iterator[list[int]]:
    """The columns of each block: the keys, and as many others as fit into `room`, but at least one."""
    key_columns = list(range(keys))
    width_of_keys = 1 + sum(width + FRAME for width in widths[:keys])
    block, width = list(key_columns), width_of_keys
    for index in range(keys, len(widths)):
        added = widths[index] + FRAME
        if width + added > room and len(block) > keys:
            yield block
            block, width = list(key_columns), width_of_keys
        block.append(index)
        width += added
    yield block
