"""What a source noticed about an item, or assumed where its file says nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ahc_stream.core.file_names import readable
from ahc_stream.core.wording import abridged

NAMED_ITEMS = 3
"""Items that a summary names; the rest are counted."""


@dataclass(frozen=True)
class ItemNote:
    """One remark. It travels through the line as a `Failure` does, and ends in the manifest; no row depends on it.

    item:  of stills, the still.
    text:  a phrase without a full stop, the same for every item that it is true of. It is kept as `readable` has it.
    """

    dataset: str
    item: str
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", readable(self.text))

    def __str__(self) -> str:
        return f"{self.dataset}/{self.item}: {self.text}"


def summary(notes: Iterable[ItemNote]) -> tuple[str, ...]:
    """One line for each remark, with the first of the items that it is about, in the order in which they came."""
    items: dict[str, dict[str, None]] = {}
    for note in notes:
        items.setdefault(note.text, {})[note.item] = None
    return tuple(f"{text} ({abridged(list(names), NAMED_ITEMS)})" for text, names in items.items())
