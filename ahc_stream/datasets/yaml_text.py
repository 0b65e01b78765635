"""YAML files that other programs, or people, wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ahc_stream.core.errors import MediaError
from ahc_stream.core.foreign_text import read_text, shown


def read_yaml(path: Path, what: str) -> Mapping[object, object]:
    """The mapping that a file holds; plain values only, nothing that a tag would make is made.

    what:  what the file should be, for the message. Raises MissingData and MediaError.
    """
    import yaml

    text = read_text(path)
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        got = " ".join(str(error).split())
        raise MediaError(f"{what} in {path}", f"no YAML: {got}", "correct that line") from error
    if not isinstance(content, dict):
        raise MediaError(f"{what} in {path}", type(content).__name__, "write lines of KEY: VALUE")
    return content


def as_text(value: object, expected: str) -> str:
    """A text; a number is one too, and `no` and `on` are none, for YAML reads them as truth values.

    Raises MediaError, which says what was expected.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise MediaError(expected, shown(value), "put it between quotation marks")
    return str(value)
