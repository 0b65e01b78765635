"""Quantisation tables by name, as an operating point has them: `qtable=FILE` becomes the file's name with a digest of
its numbers. So a point tells of which tables its rows are, wherever the file lies, and a changed file makes another.
"""

from __future__ import annotations

import re
from pathlib import Path

from ahc_stream.codecs.traditional.quantisation_file import Tables, digest_of, read_tables
from ahc_stream.core.errors import MissingData

NONE = "none"
"""The value of `qtable` for the encoder's own tables."""

TAKES = f"{NONE} or a file of 64 or 128 numbers"
_DIGITS = 12
_NAMED = re.compile(rf"[\w.+-]+-[0-9a-f]{{{_DIGITS}}}")
_UNPRINTED = re.compile(r"[^\w.+-]+")

_KNOWN: dict[str, Tables] = {}
"""The tables that this process has read, by their names in points."""


def spelling(text: str) -> str:
    """`none`, or `NAME-DIGEST` of a file: NAME is its name without suffix, DIGEST the first 12 digits of the SHA-256 of
    its numbers. What has that form already stays as it is; a file that is called so is written with its folder.

    Raises MissingData, MediaError and InvalidValue for a file that is not there, cannot be read, or is none of tables.
    """
    if text == NONE or _NAMED.fullmatch(text):
        return text
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # a user whom nobody knows: the path is a file's that is called so
        path = Path(text)
    tables = read_tables(path)
    name = f"{_UNPRINTED.sub('_', path.stem)}-{digest_of(tables)[:_DIGITS]}"
    _KNOWN[name] = tables
    return name


def tables_named(name: str) -> Tables | None:
    """The tables of a value that `spelling` has made; None for the encoder's own. Raises MissingData for tables that
    this process has not read."""
    if name == NONE:
        return None
    if name not in _KNOWN:
        expected = f"the file of the quantisation tables {name}"
        raise MissingData(expected, "their name alone", "write qtable=FILE, the path of the file")
    return _KNOWN[name]
