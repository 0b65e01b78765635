"""The door through which commands print: text as it is, without markup, emoji or colours of its own, and without the
control characters that names and texts of strangers may hold."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ahc_stream.core.file_names import readable

if TYPE_CHECKING:
    from rich.console import Console

PIPE_COLUMNS = 200
"""Width of tables in a pipe or a file, which have none of their own."""


def say(line: object, *, stderr: bool = False, flush: bool = False) -> None:
    """Prints one line: `readable` has its line breaks and other controls written out."""
    print(readable(str(line)), file=sys.stderr if stderr else sys.stdout, flush=flush)


def say_all(lines: Iterable[object], *, stderr: bool = False) -> None:
    """Prints lines, one below the other."""
    for line in lines:
        say(line, stderr=stderr)


class ReadableFormatter(logging.Formatter):
    """Records of a log without control characters; those of several lines, as tracebacks are, stay so."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(readable, super().format(record).split("\n")))


def console(*, stderr: bool = False) -> Console:
    """A console for stdout or stderr, as wide as the terminal, and of PIPE_COLUMNS where there is none.

    `[...]` and `:...:` in names of files are text to it, not markup. A text that it prints is one line, as with `say`.
    """
    from ahc_stream.cli.readable_console import ReadableConsole

    plain = ReadableConsole(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=stderr)
    if not plain.is_terminal:
        plain.width = PIPE_COLUMNS
    return plain
