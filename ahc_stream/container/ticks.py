"""Presentation times in few bytes: second differences, which are zero at a constant rate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from ahc_stream.container.blocks import BROKEN
from ahc_stream.core.encoding import Cursor, put_signed, put_varint
from ahc_stream.core.errors import CodecError

_LARGEST = 2**63


def put_ticks(out: bytearray, ticks: Sequence[int]) -> None:
    """Appends second differences; those at the end that are zero are left out."""
    differences = _differences(_differences(ticks))
    while differences and differences[-1] == 0:
        differences.pop()
    put_varint(out, len(differences))
    for difference in differences:
        put_signed(out, difference)


def take_ticks(cursor: Cursor, count: int) -> tuple[int, ...]:
    """The times of `count` frames, as `put_ticks` wrote them. Raises CodecError."""
    stored = [cursor.signed() for _ in range(cursor.count())]
    if len(stored) > count:
        raise CodecError(f"times of {count} frames", f"{len(stored)}", BROKEN)
    ticks = tuple(accumulate(accumulate(stored + [0] * (count - len(stored)))))
    if max(map(abs, ticks)) >= _LARGEST:
        raise CodecError("times of 63 bits", "larger ones", BROKEN)
    return ticks


def _differences(numbers: Sequence[int]) -> list[int]:
    """The first number, and how far each is from the one before it."""
    return [after - before for before, after in pairwise([0, *numbers])]
