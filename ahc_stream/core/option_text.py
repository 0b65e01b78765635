"""Codecs and tasks as text: `name[:key=value]...`, one grammar for both.

A piece is what stands between two colons. A piece without "=" belongs to the piece before it: so `ffmpeg:mpeg4@3` is
a name, and the value of `model=/a:b/c.pt` a path. The owner of a text cuts it into pieces: an operating point escapes
a colon that belongs to a value, and in the path of a task a backslash is a character like others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.option import Option


def read(text: str, pieces: Iterable[str], todo: str) -> tuple[str, dict[str, str]]:
    """The name and the options of `text`. InvalidValue for a piece that is no option, and for one that is named twice.

    text:    the whole, for messages.
    pieces:  of the text, at least one; the first begins the name.
    todo:    what to write instead, for messages.
    """
    name, *joined = _joined(pieces)
    if "=" in name:
        raise _misplaced(text, name, todo)
    options: dict[str, str] = {}
    for piece in joined:
        key, _, value = piece.partition("=")
        if not (key and value):
            raise not_an_option(text, piece, todo)
        if key in options:
            raise InvalidValue(f"the option {key} once in {text!r}", "it twice", todo)
        options[key] = value
    return name, options


def _joined(pieces: Iterable[str]) -> list[str]:
    joined: list[str] = []
    for piece in pieces:
        if "=" in piece or not joined:
            joined.append(piece)
        else:
            joined[-1] += f":{piece}"
    return joined


def _misplaced(text: str, name: str, todo: str) -> InvalidValue:
    """The error for an option that stands behind another sign than a colon, such as `h264@23;preset=fast`."""
    with_colons = re.sub(r"[^\w.:@-]+(?=[\w-]+=)", ":", name)
    if with_colons != name:
        todo = f"write {with_colons}{text.removeprefix(name)}"
    return InvalidValue(f"options as key=value behind a colon in {text!r}", repr(name), todo)


def not_an_option(text: str, piece: str, todo: str) -> InvalidValue:
    """The error for a piece of another form."""
    return InvalidValue(f"options as key=value in {text!r}", repr(piece), todo)


def not_taken(
    owner: str, key: str, value: str, options: Mapping[str, Option], more: Iterable[str] = ()
) -> InvalidValue:
    """The error for an option that `owner` lacks.

    options:  those that it has.
    more:     names of options whose values nobody checks.
    """
    known = [f"{name}={option.takes}" for name, option in options.items()]
    takes = ", ".join([*known, *more]) or "none"
    return InvalidValue(f"an option that {owner} takes", f"{key}={value}", f"it takes {takes}")
