"""Plain columns on standard output: rich draws ten thousand rows slowly, and pipes take these as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def print_columns(lines: Sequence[Sequence[str]], align: Callable[[str, int], str] = str.ljust) -> None:
    """Prints cells of text, each column as wide as its widest. align: `str.ljust`, or `str.rjust` for numbers."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [align(text, width) for text, width in zip(line, widths, strict=True)]
        print("  ".join(cells).rstrip())
