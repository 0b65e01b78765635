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
    "cheng2020-anchor-lite-1-mse": "f9da9d95478f69e8fbf5938160ae182727e82a6d04eae1c081f1f9a554d0f924",
    "cheng2020-anchor-lite-2-mse": "6e4055218b27a0f8aaa8027e4adce0ccdd96f97ec1d97a1d5bd298c6a305d1d0",
    "cheng2020-anchor-lite-3-mse": "e4a3aa45603c7f82f9141f0bce56b9e653671172d9e240407e0ad92e0f8b0bcf",
    "ssf2020-lite-1-mse": "511c8d02f638702cbd8c90c5e2928957c893b106f9d51a38769cceebd2b29882",
    "ssf2020-lite-2-mse": "8b1dd5b8581aa757eac7fc8fe889beeafe76ffd08adf466834e782196a1e9078",
}
"""Name of a checkpoint, `codec-quality-metric`, -> SHA-256 of its file, `NAME.safetensors` in this folder."""

LICENCE = "Apache-2.0"


def path(name: str) -> Path:
    """The file of a checkpoint of `SHA256`. Raises MissingData where the installation lost it."""
    file = Path(str(files(__name__) / f"{name}.safetensors"))
    if not file.is_file():
        raise MissingData(f"the weights {name}", f"no {file}", "install ahc-stream again: they are part of it")
    return file
