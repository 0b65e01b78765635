"""The consoles that commands print on: text as it is, without markup, emoji or colours of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_COLUMNS = 200
"""Width of tables in a pipe or a file, which have none of their own."""


def console(*, stderr: bool = False) -> Console:
    """A console for stdout or stderr, as wide as the terminal, and of PIPE_COLUMNS where there is none.

    `[...]` and `:...:` in names of files are text to it, not markup. With --quiet the one for stderr prints nothing.
    """
    from rich.console import Console

    from ahc_stream.cli.logs import is_quiet

    is_silent = stderr and is_quiet()
    plain = Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=stderr, quiet=is_silent)
    if not plain.is_terminal:
        plain.width = PIPE_COLUMNS
    return plain
