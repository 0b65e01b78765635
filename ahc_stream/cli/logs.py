"""How much a command says beside its results, on the terminal and in a file."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from ahc_stream.core.file_names import readable

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Tell what is going on; given twice, in detail.")
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="Append all messages to FILE, with times. These three options may stand behind a command too.",
    ),
]


def _behind(name: str, annotation: Any, default: object) -> Parameter:
    """The same option of a command, whose page does not repeat it."""
    kind, option = get_args(annotation)
    option = copy(option)
    option.hidden = True
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


BEHIND = (_behind("quiet", Quiet, False), _behind("verbose", Verbose, 0), _behind("log", LogFile, None))
"""The parameters that each command takes beside its own."""

TERMINAL_FORMAT = "%(levelname)s %(message)s"
FILE_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""By how often --verbose was given."""

OURS = logging.getLogger("ahc_stream")
FILE_ONLY = logging.getLogger("ahc_stream.command")
"""What the terminal shows in another form already: `record` writes it."""
FILE_ONLY.propagate = False
FILE_ONLY.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Loudness:
    """What --quiet, --verbose and --log say, in front of a command, behind it, or both."""

    quiet: bool = False
    verbose: int = 0
    file: Path | None = None

    def with_more(self, other: Loudness) -> Loudness:
        """What both say."""
        return Loudness(self.quiet or other.quiet, self.verbose + other.verbose, other.file or self.file)

    @property
    def level(self) -> int:
        """Of what the terminal shows. Raises InvalidValue where both --quiet and --verbose are given."""
        from ahc_stream.core.errors import InvalidValue

        if self.quiet and self.verbose:
            raise InvalidValue("--quiet or --verbose", "both", "leave one of them out")
        return logging.ERROR if self.quiet else LEVELS[min(self.verbose, len(LEVELS) - 1)]


in_front = Loudness()
"""Of the command that is being called, said in front of it."""
_now = Loudness()


def is_quiet() -> bool:
    """Whether the command that runs is to print results and errors only."""
    return _now.quiet


def record(text: str, level: int = logging.INFO) -> None:
    """Writes to the file of --log alone, where there is one, what the terminal shows anyway."""
    FILE_ONLY.log(level, "%s", text)


@contextmanager
def said(loudness: Loudness) -> Iterator[None]:
    """Within it, messages go where `loudness` says. Raises InvalidValue, and StorageError for its file."""
    global _now
    handlers: list[logging.Handler] = [_terminal(loudness.level)]
    file = _file(loudness.file)
    if file is not None:
        handlers.append(file)
        FILE_ONLY.addHandler(file)
    least = min(handler.level for handler in handlers)
    root = logging.getLogger()
    before = root.level, OURS.level
    root.setLevel(max(least, logging.INFO))  # of libraries, whose details are theirs
    OURS.setLevel(least)
    for handler in handlers:
        root.addHandler(handler)
    _now = loudness
    try:
        with _recorded():
            yield
    finally:
        _now = Loudness()
        for handler in handlers:
            root.removeHandler(handler)
            FILE_ONLY.removeHandler(handler)
            handler.close()
        root.setLevel(before[0])
        OURS.setLevel(before[1])


@contextmanager
def _recorded() -> Iterator[None]:
    """The command's words, and how it ended."""
    record(f"began: {' '.join(sys.argv)}")
    start = time.monotonic()
    try:
        yield
    except typer.Exit as end:
        record(f"ended with exit code {end.exit_code} after {time.monotonic() - start:.1f} s")
        raise
    except BaseException as error:
        record(f"ended after {time.monotonic() - start:.1f} s: {type(error).__name__}: {error}", logging.ERROR)
        raise
    record(f"ended after {time.monotonic() - start:.1f} s")


class _Terminal(logging.Handler):
    """Standard error as it is when something is said."""

    def emit(self, record: logging.LogRecord) -> None:
        """Prints a line."""
        sys.stderr.write(self.format(record) + "\n")
        sys.stderr.flush()


class ReadableFormatter(logging.Formatter):
    """Records of a log without control characters; those of several lines, as tracebacks are, stay so."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(readable, super().format(record).split("\n")))


def _terminal(level: int) -> logging.Handler:
    handler = _Terminal()
    handler.setLevel(level)
    handler.setFormatter(ReadableFormatter(TERMINAL_FORMAT))
    return handler


def _file(path: Path | None) -> logging.Handler | None:
    """Raises StorageError."""
    from ahc_stream.store import storage_errors

    if path is None:
        return None
    with storage_errors(path, "name another file for --log"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setLevel(logging.DEBUG)
    handler.setFormatter(ReadableFormatter(FILE_FORMAT))
    return handler
