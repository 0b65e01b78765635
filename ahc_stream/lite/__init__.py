"""The small learned codecs' weights, which come with the package: README.md beside this file is their model card."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ahc_stream.core.errors import MissingData

SHA256: Mapping[str, str] = {
    "mbt2018-mean-lite-1-mse": "ff0de873b824640af0f52e77b82c5607feff13f54331f9e770f1e67d198a6fed",
    "mbt2018-mean-lite-2-mse": "eabf486b67c597f5690ed2b4cfc747b4251168245cf3b649f42dcad729bc9cc9",
    "mbt2018-mean-lite-3-mse": "116ad9fa95bbe072291073a0aa911a5d0b78bb4a219d6747f8b69b7cfbbe3164",
}
"""Name of a checkpoint, `codec-quality-metric`, -> SHA-256 of its file, `NAME.safetensors` in this folder."""

LICENCE = "Apache-2.0"


def path(name: str) -> Path:
    """The file of a checkpoint of `SHA256`. Raises MissingData where the installation lost it."""
    file = Path(str(files(__name__) / f"{name}.safetensors"))
    if not file.is_file():
        raise MissingData(f"the weights {name}", f"no {file}", "install ahc-stream again: they are part of it")
    return file
