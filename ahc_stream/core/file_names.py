"""Names of files: as text that tables, JSON, pages and terminals take, and within the length that systems take."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

LONGEST_NAME = 255
"""Bytes of the name of a file or folder, on the file systems in use."""


SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
"""How the controls that everybody knows are written out; the others by their number."""
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_DIRECTIONS}]")
"""What no name shows and a terminal or a page obeys: Unicode's control characters (escape sequences begin with one),
line breaks, and the marks that turn the direction of writing, after which a name reads as another one."""


def readable(name: str | PurePath) -> str:
    r"""The name or text on one line: bytes that are no UTF-8 and control characters are written out, "caf\xe9.png".

    Python keeps such bytes as lone surrogates, which neither Arrow nor a terminal encodes.
    """
    text = str(name)
    try:
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte: an escape of JSON, "\ud800", makes one
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return _CONTROL.sub(_written_out, text)


def _written_out(control: re.Match[str]) -> str:
    number = ord(control[0])
    return SHORT.get(control[0]) or (f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")


def hidden_beside(path: Path, ending: str) -> Path:
    """A hidden file beside `path`, called after it as far as the length of names allows, that ends in `ending`."""
    room = LONGEST_NAME - len(os.fsencode(f".{ending}"))
    name = os.fsencode(path.name)[:room].decode("utf-8", "ignore")
    return path.with_name(f".{name}{ending}")
