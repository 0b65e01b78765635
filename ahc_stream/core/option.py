"""Options of codecs and tasks: what each one takes, and the one spelling of a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ahc_stream.core.errors import InvalidValue


class Values(Protocol):
    """The values that an option takes."""

    @property
    def takes(self) -> str:
        """The accepted values in words, for messages and listings."""
        ...

    def spelling(self, text: str, /) -> str:
        """The one spelling of a value, so that equal values compare equal. Raises ValueError for what is not taken."""
        ...


@dataclass(frozen=True)
class Choices:
    """One of a few names."""

    names: tuple[str, ...]

    @property
    def takes(self) -> str:
        """`420|422|444`."""
        return "|".join(self.names)

    def spelling(self, text: str, /) -> str:
        """The name itself."""
        if text not in self.names:
            raise ValueError(text)
        return text


def one_of(*names: str) -> Choices:
    """The values of an option that takes one of `names`."""
    return Choices(names)


@dataclass(frozen=True)
class Whole:
    """A whole number of a range, both ends included."""

    low: int
    high: int

    @property
    def takes(self) -> str:
        """`a whole number 1..16`."""
        return f"a whole number {self.low}..{self.high}"

    def spelling(self, text: str, /) -> str:
        """Its digits: of `016` and `16.0` they are `16`."""
        number = float(text)
        if not self.low <= number <= self.high or number != math.floor(number):
            raise ValueError(text)
        return str(int(number))


@dataclass(frozen=True)
class Real:
    """A number of a range, both ends included."""

    low: float
    high: float

    @property
    def takes(self) -> str:
        """`a number 0..1`."""
        return f"a number {self.low:g}..{self.high:g}"

    def spelling(self, text: str, /) -> str:
        """As Python writes the float64: of `.250` it is `0.25`."""
        number = float(text)
        if not self.low <= number <= self.high:  # true of NaN
            raise ValueError(text)
        return repr(number)


@dataclass(frozen=True)
class Form:
    """Values of a form of their own.

    takes:     the accepted values in words.
    spelling:  a value -> its one spelling; raises ValueError for what it does not take.
    """

    takes: str
    spelling: Callable[[str], str]


TEXT = Form("text", str)
"""Any text."""


@dataclass(frozen=True)
class Option:
    """One named option of a codec or a task.

    default:    its value where nobody names the option. A task's may name other options in braces: "{model}-det".
    meaning:    what it does, as listings show it.
    only_with:  another option, and the value of that one which gives this one a meaning; None: it always has one.
    """

    default: str
    meaning: str
    values: Values = TEXT
    only_with: tuple[str, str] | None = None

    @property
    def takes(self) -> str:
        """The accepted values in words."""
        return self.values.takes

    def check(self, owner: str, name: str, text: str) -> str:
        """The value in its one spelling; InvalidValue outside of what the option takes.

        owner, name:  the codec or task and the option's name, for the message.
        """
        try:
            return self.values.spelling(text)
        except ValueError:
            expected = f"{name}={self.takes} for {owner}"
            raise InvalidValue(expected, repr(text), f"its default is {name}={self.default}") from None

    def is_used(self, options: Mapping[str, str]) -> bool:
        """Whether the option means something beside the values of all options."""
        if self.only_with is None:
            return True
        other, value = self.only_with
        return options[other] == value
