"""Options of the table's rows, in short."""

from __future__ import annotations

from ahc_stream.core.option import Option, Whole, one_of

X26X_PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo"
"""Of x264 and x265, wherever one of them codes."""


def choice(default: str, names: str, meaning: str) -> Option:
    """One of some names, with spaces between them."""
    return Option(default, meaning, one_of(*names.split()))


def number(default: int, low: int, high: int, meaning: str) -> Option:
    """A whole number, both ends included."""
    return Option(str(default), meaning, Whole(low, high))
