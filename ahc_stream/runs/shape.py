"""What JSON must look like, told as a value, and the first place where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

SHOWN = 60
"""Characters of a wrong value that an error shows."""


class Shape(Protocol):
    """faults(value, at): one phrase for each thing in `value` that does not fit. at: where the value lies."""

    def faults(self, value: Any, at: str) -> Iterator[str]: ...


def fault(value: Any, shape: Shape) -> str | None:
    """The first thing in `value` that does not fit; None where all does."""
    return next(shape.faults(value, ""), None)


def unlike(value: Any, at: str, kind: str) -> str:
    """The phrase for a value that is not of its kind."""
    text = repr(value)
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return f"{at or 'all of it'} = {shown}, which is no {kind}"


@dataclass(frozen=True)
class Kind:
    """A value of one of Python's types; true and false are no numbers."""

    name: str
    types: tuple[type, ...]

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, self.types) or (isinstance(value, bool) and bool not in self.types):
            yield unlike(value, at, self.name)


TEXT, FLAG = Kind("text", (str,)), Kind("truth value", (bool,))


@dataclass(frozen=True)
class Number:
    """A finite number from `least` on, of a size that a column of float64 takes as it comes."""

    least: float = -1e18
    most: float = 1e18

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if type(value) not in (int, float) or not self.least <= value <= self.most:
            yield unlike(value, at, f"number in [{self.least:g}, {self.most:g}]")


@dataclass(frozen=True)
class Whole:
    """A whole number in [least, most]."""

    least: int = 0
    most: int = 2**63 - 1

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if type(value) is not int or not self.least <= value <= self.most:
            yield unlike(value, at, f"whole number in [{self.least}, {self.most}]")


@dataclass(frozen=True)
class Maybe:
    """The shape, or null."""

    shape: Shape

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if value is not None:
            yield from self.shape.faults(value, at)


@dataclass(frozen=True)
class Each:
    """A list of things of one shape; `least` and `most` of how many there are."""

    shape: Shape
    least: int = 0
    most: int | None = None

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield unlike(value, at, "list")
        elif len(value) < self.least or (self.most is not None and len(value) > self.most):
            yield unlike(value, at, f"list of {self.least}" + (" or more" if self.most is None else ""))
        else:
            for place, each in enumerate(value):
                yield from self.shape.faults(each, f"{at}[{place}]")


@dataclass(frozen=True)
class Named:
    """Things of one shape under any names."""

    shape: Shape

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield unlike(value, at, "set of names and values")
            return
        for name, each in value.items():
            yield from self.shape.faults(each, _under(at, name))


@dataclass(frozen=True)
class Fields:
    """Things of the shapes that their names tell. Where it is `closed`, there are no others."""

    shapes: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)
    closed: bool = False

    def faults(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield unlike(value, at, "set of names and values")
            return
        absent = [name for name in self.shapes if name not in value]
        if absent:
            yield f"no {', '.join(absent)}" + (f" in {at}" if at else "")
        known = {**self.shapes, **self.optional}
        for name, each in value.items():
            if name in known:
                yield from known[name].faults(each, _under(at, name))
            elif self.closed:
                yield f"{_under(at, name)}, which has no meaning"


def _under(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
