"""Words of messages that depend on a number."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """ "1 item", "2 items"; `plural` for a noun that takes another ending than s."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"


def are(count: int) -> str:
    """The verb of `counted`: "1 item is", "2 items are"."""
    return "is" if count == 1 else "are"


def abridged(names: Sequence[str], most: int) -> str:
    """ "a, b" of two names, "a, b and 3 more" of five where `most` is 2."""
    named = ", ".join(names[:most])
    return f"{named} and {len(names) - most} more" if len(names) > most else named
