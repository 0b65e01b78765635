"""The changes that no test can notice, each with its reason: `equivalent.toml`.

[[change]]
module = "core/clip"                    # under ahc_stream
line = "if size > LIMIT:"               # as it stands there, without its indentation
change = "size > LIMIT  ->  size >= LIMIT"
nth = 2                                 # which of several that read the same, from 1; left out where it is one
reason = "Why the package does the same with it."
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from changes import Change

FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Equivalent:
    """One entry."""

    module: str
    line: str
    change: str
    reason: str
    nth: int = 0

    def number(self, changes: list[Change]) -> int:
        """Which of the module's changes it is. Raises ValueError where it is none, or may be several."""
        wanted = (self.line, self.change)
        found = [number for number, change in enumerate(changes) if (change.text, change.what) == wanted]
        if not self.reason.strip():
            raise ValueError(f"{self}: a reason is missing")
        if self.nth == 0 and len(found) == 1:
            return found[0]
        if 1 <= self.nth <= len(found) and len(found) > 1:
            return found[self.nth - 1]
        raise ValueError(f"{self}: {len(found)} changes of the module read so; mend or remove the entry")

    def __str__(self) -> str:
        return f"{FILE.name}: {self.module}: {self.line!r}: {self.change}"


def entries(file: Path = FILE) -> list[Equivalent]:
    """All of them. Raises TypeError for an entry that lacks a key or has one too many."""
    with file.open("rb") as stream:
        return [Equivalent(**entry) for entry in tomllib.load(stream).get("change", [])]


def numbers(entries: list[Equivalent], changes_of: Callable[[str], list[Change]]) -> dict[str, set[int]]:
    """Module -> the numbers of its changes that are equivalent; `changes_of` gives the changes of a module.

    Raises ValueError for an entry that fits no change any longer, and for two that are the same.
    """
    found: dict[str, set[int]] = {}
    for entry in entries:
        number = entry.number(changes_of(entry.module))
        if number in found.setdefault(entry.module, set()):
            raise ValueError(f"{entry}: stands there twice")
        found[entry.module].add(number)
    return found
