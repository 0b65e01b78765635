"""The keyword parameters of a user's class or function as options of a codec or a task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.option import TEXT, Option, Real, Values, Whole, one_of

_LARGEST = 10**12
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Parameters:
    """What a class or a function takes.

    given:    those of the names that the caller has a value for, "quality" and "device", that it takes -> its default;
              `inspect.Parameter.empty` where it has none.
    options:  the others whose default is a text, a number or a truth value: what a user may say as `name=value`.
    """

    given: Mapping[str, Any]
    options: Mapping[str, Option]
    _types: Mapping[str, type]

    @classmethod
    def of(cls, name: str, target: Callable[..., Any], known: Iterable[str]) -> Parameters:
        """The parameters of `target`. Raises InvalidValue where one has neither a default nor a value of ours.

        name:   for messages.
        known:  the names that the caller has a value for.
        """
        parameters = [
            each for each in _signature(target) if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        ]
        needed = [each.name for each in parameters if each.default is each.empty and each.name not in known]
        if needed:
            todo = "give them defaults, or name a function without arguments that makes the object"
            expected = f"{name} to be made from {' and '.join(known) or 'nothing'} alone"
            raise InvalidValue(expected, f"{name}({', '.join(needed)})", todo)
        free = [each for each in parameters if each.name not in known and type(each.default) in (bool, int, float, str)]
        return cls(
            {each.name: each.default for each in parameters if each.name in known},
            {each.name: Option(_text(each.default), f"{each.name} of {name}.", _values(each.default)) for each in free},
            {each.name: type(each.default) for each in free},
        )

    def arguments(self, options: Mapping[str, str], **given: Any) -> dict[str, Any]:
        """The keywords of a call: options in the types of their defaults, and what is given as far as it is taken."""
        named = {name: _value(self._types[name], text) for name, text in options.items() if name in self._types}
        return named | {name: value for name, value in given.items() if name in self.given}


def _signature(target: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    try:
        return inspect.signature(target).parameters.values()
    except (TypeError, ValueError):  # of a class written in C
        return ()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(default: Any) -> Values:
    """What an option takes whose default this is."""
    if isinstance(default, bool):
        return one_of(*_TRUTH)
    if isinstance(default, int):
        return Whole(-_LARGEST, _LARGEST)
    if isinstance(default, float):
        return Real(-_LARGEST, _LARGEST)
    return TEXT


def _value(kind: type, text: str) -> Any:
    return _TRUTH[text] if kind is bool else kind(text)
