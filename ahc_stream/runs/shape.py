"""What JSON must look like, as a value, and the first thing in it that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ahc_stream.core.foreign_text import shown


class Shape(Protocol):
    """faults(value, path): one phrase for each thing in `value` that does not fit. path: where the value lies."""

    def faults(self, value: Any, path: str) -> Iterator[str]: ...


def fault(value: Any, shape: Shape) -> str | None:
    """The first thing in `value` that does not fit; None where all does."""
    return next(shape.faults(value, ""), None)


def unlike(value: Any, path: str, kind: str) -> str:
    """The phrase for a value that is not of its kind."""
    return f"{path or 'all of it'} = {shown(value)}, which is no {kind}"


@dataclass(frozen=True)
class Scalar:
    """A value of one of Python's types; true and false are no numbers."""

    name: str
    types: tuple[type, ...]

    def faults(self, value: Any, path: str) -> Iterator[str]:
        is_stray_bool = isinstance(value, bool) and bool not in self.types
        if is_stray_bool or not isinstance(value, self.types):
            yield unlike(value, path, self.name)


TEXT, FLAG = Scalar("text", (str,)), Scalar("truth value", (bool,))


@dataclass(frozen=True)
class Number:
    """A finite number from `least` on, of a size that a column of float64 takes as it comes."""

    least: float = -1e18
    most: float = 1e18

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if type(value) not in (int, float) or not self.least <= value <= self.most:
            yield unlike(value, path, f"number in [{self.least:g}, {self.most:g}]")


@dataclass(frozen=True)
class Integer:
    """A whole number in [least, most]."""

    least: int = 0
    most: int = 2**63 - 1

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if type(value) is not int or not self.least <= value <= self.most:
            yield unlike(value, path, f"whole number in [{self.least}, {self.most}]")


@dataclass(frozen=True)
class Nullable:
    """The shape, or null."""

    shape: Shape

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if value is not None:
            yield from self.shape.faults(value, path)


@dataclass(frozen=True)
class ListOf:
    """A list of things of one shape; `least` and `most` of how many there are."""

    shape: Shape
    least: int = 0
    most: int | None = None

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield unlike(value, path, "list")
            return
        is_too_long = self.most is not None and len(value) > self.most
        if is_too_long or len(value) < self.least:
            size = f"{self.least} or more" if self.most is None else str(self.least)
            yield unlike(value, path, f"list of {size}")
            return
        for index, element in enumerate(value):
            yield from self.shape.faults(element, f"{path}[{index}]")


@dataclass(frozen=True)
class MapOf:
    """Things of one shape under any names."""

    shape: Shape

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield unlike(value, path, "set of names and values")
            return
        for name, element in value.items():
            yield from self.shape.faults(element, _below(path, name))


@dataclass(frozen=True)
class Record:
    """Things of the shapes that stand under their names. Where it is `closed`, there are no others."""

    shapes: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)
    closed: bool = False

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield unlike(value, path, "set of names and values")
            return
        absent = [name for name in self.shapes if name not in value]
        if absent:
            yield f"no {', '.join(absent)}" + (f" in {path}" if path else "")
        known = {**self.shapes, **self.optional}
        for name, element in value.items():
            if name in known:
                yield from known[name].faults(element, _below(path, name))
            elif self.closed:
                yield f"{_below(path, name)}, which has no meaning"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
