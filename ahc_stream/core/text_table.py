"""Tables of numbers on a terminal: side by side where they fit, else one below the other, and never a digit cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from ahc_stream.core.file_names import readable

if TYPE_CHECKING:
    from rich.console import Console

FRAME = 3
"""Columns of the terminal that a cell takes beside its text: two spaces and a line."""


def print_numbers(
    console: Console,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    keys: int,
    title: str = "",
    most_blocks: int | None = None,
    ranks: Sequence[int] = (),
) -> list[str]:
    """Prints rows of texts under their headings, the first `keys` columns at the left and again in every block. Texts
    are shown as `readable` has them.

    A table that is wider than the console is cut into blocks of columns that fit; a first column so wide that nothing
    fits beside it goes over several lines.

    most_blocks:  how many there may be; columns beyond are left out, those of the highest rank first.
    ranks:        one for each column, 0 for what matters most; without them the columns to the right go first.
    Returns the headings that were left out.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    title, headings, rows = readable(title), _readable(headings), list(map(_readable, rows))
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    if keys:
        widths[0] = _first_width(widths, keys, console.width)
    shown = _shown(widths, keys, console.width, most_blocks, ranks or range(len(widths)))
    for block in _blocks(widths, keys, console.width, shown):
        table = Table(title=Text(title) if title else None, title_justify="left")
        for index in block:
            justify: Literal["left", "right"] = "left" if index < keys else "right"
            table.add_column(
                Text(headings[index]), justify=justify, no_wrap=index > 0, width=widths[index], overflow="fold"
            )
        for row in rows:
            table.add_row(*(Text(row[index]) for index in block))
        console.print(table)
    return [heading for index, heading in enumerate(headings) if index >= keys and index not in shown]


def _readable(texts: Sequence[str]) -> list[str]:
    return [readable(text) for text in texts]


def _first_width(widths: Sequence[int], keys: int, room: int) -> int:
    """Of the first column: its own, or what is left beside the other keys and the widest number."""
    others = sum(width + FRAME for width in (*widths[1:keys], max(widths[keys:], default=0)))
    least = 8
    return min(widths[0], max(room - 1 - others - FRAME, least))


def _shown(widths: Sequence[int], keys: int, room: int, most_blocks: int | None, ranks: Sequence[int]) -> list[int]:
    """The columns, without the keys, that at most `most_blocks` blocks can hold: by rank, and at least one."""
    numbers = range(keys, len(widths))
    if most_blocks is None:
        return list(numbers)
    kept: list[int] = []
    for index in sorted(numbers, key=lambda index: (ranks[index], index)):
        more = sorted([*kept, index])
        if kept and len(list(_blocks(widths, keys, room, more))) > most_blocks:
            break
        kept = more
    return kept


def _blocks(widths: Sequence[int], keys: int, room: int, shown: Sequence[int]) -> Iterator[list[int]]:
    """The columns of each block: the keys, and as many of `shown` as fit into `room`, but at least one."""
    key_columns = list(range(keys))
    width_of_keys = 1 + sum(width + FRAME for width in widths[:keys])
    block, width = list(key_columns), width_of_keys
    for index in shown:
        added = widths[index] + FRAME
        if width + added > room and len(block) > keys:
            yield block
            block, width = list(key_columns), width_of_keys
        block.append(index)
        width += added
    yield block
