"""The file behind an option that names weights."""

from __future__ import annotations

from pathlib import Path

from ahc_stream import weights
from ahc_stream.core.errors import MissingData


def weight_file(value: str, what: str) -> Path:
    """A path of the user's own where `value` has a suffix, else the file of a name in the table of weights.

    what:  what the file is, for the error, such as "a detector".
    Raises MissingData where it is not there, UnknownName for a name that the table does not hold.
    """
    path = Path(value).expanduser()
    if not path.suffix:
        return weights.find(value)
    if not path.is_file():
        raise MissingData(f"the weights of {what}", f"no file {path}", "name a file that is there, or a model")
    return path
