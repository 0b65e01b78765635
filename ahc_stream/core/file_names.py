"""Names of files: as text that tables, JSON and terminals take, and within the length that systems take."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

LONGEST_NAME = 255
"""Bytes of the name of a file or folder, on the file systems in use."""


def readable(name: str | PurePath) -> str:
    r"""The name, with every byte that is no UTF-8 written out: "caf\xe9.png".

    Python keeps such bytes as lone surrogates, which neither Arrow nor a terminal encodes.
    """
    text = str(name)
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte: an escape of JSON, "\ud800", makes one
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def hidden_beside(path: Path, ending: str) -> Path:
    """A hidden file beside `path`, called after it as far as the length of names allows, that ends in `ending`."""
    room = LONGEST_NAME - len(os.fsencode(f".{ending}"))
    name = os.fsencode(path.name)[:room].decode("utf-8", "ignore")
    return path.with_name(f".{name}{ending}")
