"""What a file and the command line may say of each field of an experiment, as its value and back.

The fields are those of `Experiment`, and their kinds those of its annotations: there is no second list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.frame_selection import frame_selection
from ahc_stream.experiment import Experiment

SPELLINGS = {"codec": "codecs", "task": "tasks", "metric": "metrics", "as": "read_as"}
"""What the command line calls a field otherwise than the experiment does. A file may write either."""


@dataclass(frozen=True)
class FieldKind:
    """One kind of field.

    takes:  what may be written, as a phrase with an article.
    read:   the field's value, of what is written. Raises ValueError for anything else.
    plain:  what is written of the field's value: of the types that JSON and TOML share.
    """

    takes: str
    read: Callable[[Any], Any]
    plain: Callable[[Any], Any]


def _of_types(*types: type) -> Callable[[Any], Any]:
    """The value itself, of one of these types and of none derived from them: true and false are no numbers."""

    def read(value: Any) -> Any:
        if type(value) not in types:
            raise ValueError
        return value

    return read


def _itself(value: Any) -> Any:
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError
    return Path(value)


def _texts(value: Any) -> tuple[Any, ...]:
    """Also of one text alone: `codec = "jpeg@50"`."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(each, str) for each in values):
        raise ValueError
    return tuple(values)


def _frames(value: Any) -> tuple[int, int | None]:
    """Of "A:B", and of [A, B], as manifests have it."""
    if isinstance(value, str):
        try:
            first, stop = frame_selection(value)
        except InvalidValue as error:
            raise ValueError from error
        return first or 0, stop
    first, stop = _pair(value)
    if type(first) is not int or type(stop) not in (int, type(None)):
        raise ValueError
    return first, stop


def _frames_text(value: tuple[int, int | None]) -> str:
    first, stop = value
    return f"{first}:" if stop is None else f"{first}:{stop}"


def _shard(value: Any) -> tuple[int, int]:
    """Of "I/N", and of [I, N], as manifests have it."""
    index, count = map(int, value.split("/")) if isinstance(value, str) else _pair(value)
    if type(index) is not int or type(count) is not int:
        raise ValueError
    return index, count


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError
    return value[0], value[1]


TEXTS = FieldKind("a list of texts", _texts, lambda values: [str(value) for value in values])
KINDS: Mapping[str, FieldKind] = {
    "str": FieldKind("a text", _of_types(str), _itself),
    "str | Dataset": FieldKind("a text", _of_types(str), str),
    "Path": FieldKind("a path, as a text", _path, str),
    "bool": FieldKind("true or false", _of_types(bool), _itself),
    "int": FieldKind("a whole number", _of_types(int), _itself),
    "float": FieldKind("a number", lambda value: float(_of_types(int, float)(value)), _itself),
    "tuple[int, int | None]": FieldKind("A:B, as a text", _frames, _frames_text),
    "tuple[int, int]": FieldKind("I/N, as a text", _shard, lambda value: f"{value[0]}/{value[1]}"),
}
"""By the annotation of a field, without its `| None`."""

_OPTIONAL = " | None"


def _kind(field: Field[Any]) -> FieldKind:
    annotation = str(field.type).removesuffix(_OPTIONAL)
    return TEXTS if annotation.endswith(", ...]") else KINDS[annotation]


FIELDS: Mapping[str, FieldKind] = {field.name: _kind(field) for field in fields(Experiment)}
"""Every field of an experiment, in order, with its kind."""

OPTIONAL = frozenset(field.name for field in fields(Experiment) if str(field.type).endswith(_OPTIONAL))
"""Fields that may be None, which is what a file does not say."""
