"""Text that other programs wrote: class lists, tables in lines, INI files.

It is read as UTF-8, with or without a byte order mark, as UTF-16 or UTF-32 where a mark says so, and else as Latin-1,
line by line. Lines end as on any system. An error names the file and the line.
"""

from __future__ import annotations

import codecs
import reprlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.file_names import readable

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, which begins in the same way
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order mark -> the encoding that reads it. UTF-8's, which is no more than a habit, is cut off."""

LONGEST_LINE = 1 << 20
"""Bytes of a line of a table; a longer one is another kind of file."""


SHOWN = 80
"""Characters of an odd value that an error shows."""

_begun = reprlib.Repr()
_begun.maxlevel, _begun.maxstring, _begun.maxother, _begun.maxlong = 4, 4 * SHOWN, 4 * SHOWN, 4 * SHOWN
_begun.maxdict = _begun.maxlist = _begun.maxtuple = _begun.maxset = _begun.maxfrozenset = _begun.maxdeque = 20
"""No more of a value is written out than can be shown: some lines of YAML stand for lists of 10^8 texts."""


class TextLine(NamedTuple):
    """A line that is not blank, with its number counted from 1."""

    number: int
    text: str


def read_text(path: Path) -> str:
    """The whole file, its lines ended by line feeds. Raises MissingData and MediaError."""
    with _system_errors(path):
        data = path.read_bytes()
    text = _of_mark(data, path) if data.startswith(tuple(MARKS)) else _without_mark(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(path: Path) -> Iterator[TextLine]:
    """The lines of a file that are not blank, as they come: a long file is never held whole.

    Raises MissingData and MediaError.
    """
    with _system_errors(path), path.open("rb") as file:
        is_marked = file.read(4).startswith(tuple(MARKS))
        file.seek(0)
        yield from _filled(read_text(path).split("\n") if is_marked else _streamed(file, path))


def shown(value: object) -> str:
    """An odd value as an error shows it: its beginning, quoted."""
    text = readable(_begun.repr(value))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."


def line_error(path: Path, number: int, expected: str, got: str, todo: str = "correct that line") -> MediaError:
    """The error for a line that does not say what it should."""
    return MediaError(f"{expected} in {path}, line {number}", got, todo)


def _filled(texts: Iterable[str]) -> Iterator[TextLine]:
    for number, text in enumerate(texts, start=1):
        if text.strip():
            yield TextLine(number, text)


def _streamed(file: BufferedReader, path: Path) -> Iterator[str]:
    """The lines of a file whose encoding no mark tells. A carriage return alone ends one, as on old systems."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise line_error(path, number, f"at most {LONGEST_LINE} bytes", "more", "check that it is a text file")
        yield from _without_mark(line).rstrip("\r\n").split("\r")


def _without_mark(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _of_mark(data: bytes, path: Path) -> str:
    encoding = next(encoding for mark, encoding in MARKS.items() if data.startswith(mark))
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise MediaError(f"{encoding} in {path}, as its first bytes say", str(error), "write it as UTF-8") from error


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    """Turns the system's refusal to read into our errors."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingData(f"a text file at {path}", "no such file", "check the path") from error
    except OSError as error:
        raise MediaError(f"a text file at {path}", str(error), "check the file and its permissions") from error
