"""Frames as people name them: `A:B` is A to B - 1, `A` one frame, an end that is left out the first or the last."""

from __future__ import annotations

from ahc_stream.core.errors import InvalidValue


def frame_selection(text: str) -> tuple[int | None, int | None]:
    """First frame and the one behind the last; None for an end that is left open. Raises InvalidValue."""
    start, colon, stop = text.partition(":")
    has_number = bool(start or stop)
    are_numbers = all(end.isascii() and end.isdecimal() for end in (start, stop) if end)
    if not (has_number and are_numbers):
        raise InvalidValue("--frames as A:B", repr(text), "for instance --frames 100:110")
    if not colon:
        return int(start), int(start) + 1
    return int(start) if start else None, int(stop) if stop else None
