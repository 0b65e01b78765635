"""Plain columns on standard output: rich draws ten thousand rows slowly, and pipes take these as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ahc_stream.cli.terminal import say
from ahc_stream.core.file_names import readable


def print_columns(lines: Sequence[Sequence[str]], align: Callable[[str, int], str] = str.ljust) -> None:
    """Prints cells of text, each column as wide as its widest. align: `str.ljust`, or `str.rjust` for numbers."""
    shown = [list(map(readable, line)) for line in lines]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for line in shown:
        cells = [align(text, width) for text, width in zip(line, widths, strict=True)]
        say("  ".join(cells).rstrip())
