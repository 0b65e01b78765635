"""Relative paths of a file, which are taken from the folder of the file and not from where a command happens to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ahc_stream import datasets
from ahc_stream.store.folders import is_url

PATH_OPTIONS = ("model", "det", "rec", "classes")
"""Options of tasks that may name a file."""

_RANDOM = "random:"  # weights that are drawn; see `codecs.learned.points`
_NO_TABLES = re.compile(r"none|[\w.+-]+-[0-9a-f]{12}")  # no file; see `codecs.traditional.quantisation_names`
_CODE = re.compile(r"(?P<path>[^=]+?\.py)(?=:[A-Za-z_])", re.DOTALL)
_PROGRAMS = re.compile(r"(?<=exec:)(?P<path>.+?\.toml)(?=[@:]|$)", re.DOTALL)
_WEIGHTS = re.compile(r"(?<=:weights=)(?P<path>(?:\\.|[^:\\])*)", re.DOTALL)
_TABLES = re.compile(r"(?<=:qtable=)(?P<path>(?:\\.|[^:\\])*)", re.DOTALL)
_TASK_FILE = re.compile(rf"(?<=:)(?P<option>{'|'.join(PATH_OPTIONS)})=(?P<path>[^:]*\.[^.:/]+)(?=:|$)")


def placed(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Fields of an experiment with all their paths, of which relative ones are below `folder`.

    Raises UnknownName for a dataset that is no name, and no path either.
    """
    return {name: _PLACES[name](value, folder) if name in _PLACES else value for name, value in values.items()}


def place(path: str | Path, folder: Path) -> Path:
    """The path, "~" being the user's own; a relative one is below `folder`."""
    try:
        return folder / Path(path).expanduser()
    except RuntimeError:  # a user whom nobody knows: the path is a file's that is called so
        return folder / path


def _path(value: Path | None, folder: Path) -> Path | None:
    return value if value is None or is_url(value) else place(value, folder)


def _dataset(value: Any, folder: Path) -> Any:
    """A name stays one; an object of Python is no text."""
    return datasets.placed(value, place(value, folder)) if isinstance(value, str) else value


def _weights(value: str | None, folder: Path) -> str | None:
    return value if value is None or value.startswith(_RANDOM) else str(place(value, folder))


def _each(of_text: Callable[[str, Path], str]) -> Callable[[Any, Path], Any]:
    def of_texts(values: Any, folder: Path) -> Any:
        if values is None:
            return None
        return tuple(of_text(value, folder) if isinstance(value, str) else value for value in values)

    return of_texts


def _codec(text: str, folder: Path) -> str:
    """A path that stands in front of colons is escaped, as operating points are."""

    def escaped(match: re.Match[str]) -> str:
        written = re.sub(r"\\(.)", r"\1", match["path"])
        is_drawn = match.re is _WEIGHTS and f"{written}:" == _RANDOM
        is_path = not is_drawn and not (match.re is _TABLES and _NO_TABLES.fullmatch(written))
        return re.sub(r"([\\:])", r"\\\1", str(place(written, folder))) if is_path else match["path"]

    head = _PROGRAMS if text.startswith("exec:") else _CODE
    for pattern in (head, _WEIGHTS, _TABLES):
        text = pattern.sub(escaped, text, count=1)
    return text


def _task(text: str, folder: Path) -> str:
    def option(match: re.Match[str]) -> str:
        return f"{match['option']}={place(match['path'], folder)}"

    return _TASK_FILE.sub(option, _code(text, folder))


def _code(text: str, folder: Path) -> str:
    """`file.py:Name`; a name of a table stays one."""
    return _CODE.sub(lambda match: str(place(match["path"], folder)), text, count=1)


_PLACES: Mapping[str, Callable[[Any, Path], Any]] = {
    "dataset": _dataset,
    "codecs": _each(_codec),
    "tasks": _each(_task),
    "metrics": _each(_code),
    "weights": _weights,
    **dict.fromkeys(("out", "root", "labels", "images", "classes"), _path),
}
"""Field -> what finds its paths. A test holds that every field of the kind of a path is among them."""
