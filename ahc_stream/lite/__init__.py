"""The small learned codecs' weights, which come with the package: README.md beside this file is their model card."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ahc_stream.core.errors import MissingData

SHA256: Mapping[str, str] = {}
"""Name of a checkpoint, `codec-quality-metric`, -> SHA-256 of its file, `NAME.safetensors` in this folder."""

LICENCE = "Apache-2.0"


def path(name: str) -> Path:
    """The file of a checkpoint of `SHA256`. Raises MissingData where the installation lost it."""
    file = Path(str(files(__name__) / f"{name}.safetensors"))
    if not file.is_file():
        raise MissingData(f"the weights {name}", f"no {file}", "install ahc-stream again: they are part of it")
    return file
