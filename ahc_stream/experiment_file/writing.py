"""An experiment as the text of a file that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from ahc_stream.experiment import Experiment
from ahc_stream.experiment_file.kinds import FIELDS

_ESCAPES = {'"': '\\"', "\\": "\\\\"}


def as_toml(experiment: Experiment) -> str:
    """The fields that say something else than they do by themselves, a line for each. `read` gives them back."""
    values = {field.name: getattr(experiment, field.name) for field in fields(experiment)}
    said = [field.name for field in fields(experiment) if values[field.name] != field.default]
    return "".join(f"{name} = {_toml_value(FIELDS[name].plain(values[name]))}\n" for name in said)


def _toml_value(value: Any) -> str:
    """A text, a number, a truth value, or a list of texts (TOML 1.0)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)  # `inf`, `nan` and `1e+16` are TOML's words too
    return _text(value) if isinstance(value, str) else _list(value)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    """A basic string: quotes, backslashes and control characters are escaped."""
    return f'"{"".join(map(_character, value))}"'


def _character(character: str) -> str:
    is_control = ord(character) < 32 or ord(character) == 127
    return f"\\u{ord(character):04X}" if is_control else _ESCAPES.get(character, character)
