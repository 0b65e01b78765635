"""Tasks as text: `name[:key=value]...`, for instance `detection:model=yolov5s:size=1280:score=0.25`.

A segment without "=" belongs to the value before it, so a path may hold colons.
"""

from __future__ import annotations

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.entry import Entry, TaskSpec
from ahc_stream.tasks.table import find


def parse(text: str) -> TaskSpec:
    """The task that `text` names, with every default filled in.

    Raises UnknownName for a task that the table does not hold, and InvalidValue for an option that it does not take.
    """
    name, *segments = text.split(":")
    entry = find(name)
    values = {key: option.default for key, option in entry.options.items()}
    given = options_of(text, segments)
    for key, value in given.items():
        values[key] = _known(name, entry, key).check(key, value)
    filled = {key: value if key in given else value.format_map(values) for key, value in values.items()}
    return TaskSpec(name, tuple(sorted(filled.items())))


def options_of(text: str, segments: list[str]) -> dict[str, str]:
    """The options of `text`, of which `segments` are what follows the name. Raises InvalidValue."""
    joined: list[str] = []
    for segment in segments:
        if "=" in segment or not joined:
            joined.append(segment)
        else:
            joined[-1] += f":{segment}"
    options: dict[str, str] = {}
    for part in joined:
        key, equals, value = part.partition("=")
        if not (key and equals and value) or key in options:
            expected = f"each option once, as key=value, in {text!r}"
            raise InvalidValue(expected, repr(part), "write for instance detection:model=yolov5s:size=1280")
        options[key] = value
    return options


def _known(name: str, entry: Entry, key: str):
    if key not in entry.options:
        known = ", ".join(f"{key}={option.takes}" for key, option in entry.options.items())
        raise InvalidValue(f"an option that {name} takes", repr(key), f"it takes {known}")
    return entry.options[key]
