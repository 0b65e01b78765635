"""Tasks as text: `name[:key=value]...`, for instance `detection:model=yolov5s:size=1280:score=0.25`.

A segment without "=" belongs to the value before it, so a path may hold colons. A backslash is a character like others.
"""

from __future__ import annotations

from ahc_stream.core.option_text import not_an_option, not_taken, read
from ahc_stream.tasks.entry import TaskSpec
from ahc_stream.tasks.table import find

_EXAMPLE = "write for instance detection:model=yolov5s:size=1280"


def parse(text: str) -> TaskSpec:
    """The task that `text` names, with every default filled in.

    Raises UnknownName for a task that the table does not hold, and InvalidValue for an option that it does not take.
    """
    name, named = split(text)
    options = find(name).options
    values = {key: option.default for key, option in options.items()}
    for key, value in named.items():
        if key not in options:
            raise not_taken(name, key, value, options)
        values[key] = options[key].check(name, key, value)
    filled = {key: value if key in named else value.format_map(values) for key, value in values.items()}
    return TaskSpec(name, tuple(sorted(filled.items())))


def split(text: str) -> tuple[str, dict[str, str]]:
    """The name and the options that `text` names, as they stand there. Raises InvalidValue for text of another form."""
    head, options = read(text, text.split(":"), _EXAMPLE)
    name, colon, rest = head.partition(":")
    if colon:
        raise not_an_option(text, rest, _EXAMPLE)
    return name, options
