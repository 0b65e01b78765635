"""Parts of a data set that is split for training: which one a run takes."""

from __future__ import annotations

from collections.abc import Iterable

from ahc_stream.core.errors import InvalidValue

NAMES = {
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
    "train": ("train", "training"),
}
"""A part -> what its folder may be called. They are taken in this order: a model is scored on what it was not fitted
to."""

ALL_NAMES = frozenset(name for names in NAMES.values() for name in names)


def part_of(name: str) -> str | None:
    """The part that a folder, a key or a file called so holds; None where the name says nothing."""
    return next((part for part, names in NAMES.items() if name.lower() in names), None)


def choose(there: Iterable[str], asked: str | None, owner: str) -> str:
    """The name, among those that are `there`, of the part that is asked for, or of the first in the order of NAMES.

    owner:  what has these parts, for the message. Raises InvalidValue where it has no such part.
    """
    names = list(there)
    if asked is not None:
        by_name = next((name for name in names if name == asked), None)
        by_part = next((name for name in names if part_of(name) == part_of(asked) is not None), None)
        chosen = by_name or by_part
        if chosen is None:
            known = ", ".join(names) or "it has none"
            raise InvalidValue(f"a split of {owner} ({known})", repr(asked), "choose another one, or leave --split out")
        return chosen
    order = list(NAMES)
    return min(names, key=lambda name: order.index(part_of(name) or order[-1]))
