"""What `compress` of a model returns, as a header's values and bytes: its strings in whatever lists they lie.

A nesting is what the strings lie in, with None in the place of each: [[None], [None]] of a hyperprior's two strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ahc_stream.core.errors import CodecError

_AGAIN = "encode the stream again"


def flat(strings: Any) -> list[bytes]:
    """The strings, in order. Raises TypeError for what holds anything else."""
    if isinstance(strings, bytes | bytearray):
        return [bytes(strings)]
    if isinstance(strings, Mapping):
        return [each for value in strings.values() for each in flat(value)]
    if isinstance(strings, list | tuple):
        return [each for value in strings for each in flat(value)]
    raise TypeError(f"strings hold bytes, lists and dicts, and here a {type(strings).__name__}")


def nesting(strings: Any) -> Any:
    """What they lie in."""
    if isinstance(strings, bytes | bytearray):
        return None
    if isinstance(strings, Mapping):
        return {name: nesting(value) for name, value in strings.items()}
    return [nesting(value) for value in strings]


def nested(form: Any, strings: Sequence[bytes]) -> Any:
    """The strings in their lists again. Raises CodecError where their number is another one."""
    rest = iter(strings)
    filled = _filled(form, rest)
    if next(rest, None) is not None:
        raise CodecError("the strings that the header names", f"{len(strings)}, which are more", _AGAIN)
    return filled


def _filled(form: Any, strings: Iterator[bytes]) -> Any:
    if form is None:
        string = next(strings, None)
        if string is None:
            raise CodecError("the strings that the header names", "fewer", _AGAIN)
        return string
    if isinstance(form, Mapping):
        return {name: _filled(value, strings) for name, value in form.items()}
    return [_filled(value, strings) for value in form]


def plain(shape: Any) -> Any:
    """The shape that goes with the strings, as JSON values. Raises TypeError for what none is."""
    if isinstance(shape, Mapping):
        return {name: plain(value) for name, value in shape.items()}
    if isinstance(shape, list | tuple):  # torch.Size is one
        return [plain(value) for value in shape]
    if shape is None or isinstance(shape, bool | float | str):
        return shape
    return int(shape)


def as_shape(values: Any) -> Any:
    """What `plain` was given: lists are tuples again."""
    if isinstance(values, Mapping):
        return {name: as_shape(value) for name, value in values.items()}
    return tuple(map(as_shape, values)) if isinstance(values, list) else values
