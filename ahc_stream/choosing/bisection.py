"""Bisection of a ladder: which rung is looked at next, and which is the lowest that passed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Bisection:
    """Of `count` rungs, counted from the lowest, whose truth is monotone: what a rung keeps, every higher one keeps.

    passed:  the lowest rung that passed; `count` before any has.
    failed:  the highest rung that failed; -1 before any has.
    """

    count: int
    passed: int = -1
    failed: int = -1

    def __post_init__(self) -> None:
        self.passed = self.count

    @property
    def next(self) -> int | None:
        """The rung in the middle of what is open; None where nothing is."""
        return (self.failed + self.passed) // 2 if self.passed - self.failed > 1 else None

    @property
    def chosen(self) -> int | None:
        """The lowest rung that passed; None where none has."""
        return self.passed if self.passed < self.count else None

    def tell(self, has_passed: bool) -> None:
        """What became of `next`."""
        rung = self.next
        if rung is None:
            raise ValueError("the ladder is searched to its end")
        if has_passed:
            self.passed = rung
        else:
            self.failed = rung


def most_steps(count: int) -> int:
    """The most rungs that a bisection of `count` of them looks at."""
    return count.bit_length()
