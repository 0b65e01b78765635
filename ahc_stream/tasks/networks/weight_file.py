"""The file behind an option that names weights."""

from __future__ import annotations

from pathlib import Path, PurePath

from ahc_stream import weights
from ahc_stream.core.errors import MissingData


def weight_file(value: str, what: str) -> Path:
    """A path of the user's own where `is_path` says so, else the file of a name in the table of weights.

    what:  what the file is, for the error, such as "a detector".
    Raises MissingData where it is not there, UnknownName for a name that the table does not hold.
    """
    return existing_file(value, what) if is_path(value) else weights.find(value)


def is_path(value: str) -> bool:
    """Whether the value of an option is the path of a file, which has a suffix, rather than a name of the table."""
    return bool(PurePath(value).suffix)


def existing_file(value: str | Path, what: str) -> Path:
    """The path. Raises MissingData where no file is; `what` as `weight_file` takes it."""
    path = Path(value).expanduser()
    if not path.is_file():
        raise MissingData(f"the weights of {what}", f"no file {path}", "name a file that is there, or a model")
    return path
