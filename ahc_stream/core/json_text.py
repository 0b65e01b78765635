"""JSON that every parser reads and every terminal shows. RFC 8259 has no Infinity and no NaN: both are written as null.
Of its texts all but printable ASCII is escaped."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any


def json_text(value: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """`value` as JSON text, on one line without `indent`.

    default: what stands for a value that JSON has no type for; without it such a value is a TypeError.
    """
    text = json.dumps(with_nulls(value), indent=indent, default=default, allow_nan=False)
    return text.replace("\x7f", r"\u007f")  # the one control character that JSON does not escape, only ever in a text


def with_nulls(value: Any) -> Any:
    """The same value with None in place of each float that is not finite. Mappings become dicts, tuples lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: with_nulls(element) for name, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_nulls(element) for element in value]
    return value
