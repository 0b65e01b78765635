"""How a player is asked to show stored frames. Frames here are as stored; this travels beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

UPRIGHT = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
"""The display matrix that changes nothing (ISO 14496-12, 8.2.2)."""


@dataclass(frozen=True)
class Presentation:
    """display_matrix: nine numbers as in MP4, row by row. pixel_aspect: width over height of one pixel."""

    display_matrix: tuple[int, ...] = UPRIGHT
    pixel_aspect: Fraction = Fraction(1)

    def as_values(self) -> dict[str, Any]:
        """What differs from plain, as JSON values."""
        values: dict[str, Any] = {}
        if self.display_matrix != UPRIGHT:
            values["display_matrix"] = list(self.display_matrix)
        if self.pixel_aspect != 1:
            values["pixel_aspect"] = [self.pixel_aspect.numerator, self.pixel_aspect.denominator]
        return values

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """What `as_values` wrote; plain where a value is none that it writes."""
        matrix = _numbers(values.get("display_matrix"), 9, -(2**31))
        aspect = _numbers(values.get("pixel_aspect"), 2, 1)
        return cls(matrix or UPRIGHT, Fraction(*aspect) if aspect else Fraction(1))


def _numbers(values: Any, count: int, least: int) -> tuple[int, ...]:
    """So many whole numbers of 32 bits; none where `values` are anything else."""
    if not isinstance(values, Sequence) or len(values) != count:
        return ()
    numbers = tuple(value for value in values if isinstance(value, int) and least <= value < 2**31)
    return numbers if len(numbers) == count else ()


PLAIN = Presentation()
