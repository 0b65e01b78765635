"""The files that a model of TensorFlow.js consists of: its model.json names the shards beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import MediaError
from ahc_stream.core.foreign_text import shown


def read(path: Path) -> dict[str, Any]:
    """What a model.json says. Raises MediaError for a file that is none."""
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unusable(path, f"{type(error).__name__}: {error}") from error
    if not isinstance(model, dict):
        raise unusable(path, f"a {type(model).__name__}")
    return model


def shards(path: Path, group: dict[str, Any]) -> list[Path]:
    """The files of one group of the manifest, in its order. They lie beside `path`, the model.json, wherever the names
    point to. Raises MediaError."""
    names = group.get("paths")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise unusable(path, f"paths {shown(names)}")
    return [path.parent / Path(name).name for name in names]


def groups(path: Path) -> list[dict[str, Any]]:
    """The groups of the manifest of a model.json: weights, and the files that they lie in. Raises MediaError."""
    manifest = read(path).get("weightsManifest")
    if not isinstance(manifest, list) or not all(isinstance(group, dict) for group in manifest):
        raise unusable(path, f"weightsManifest {type(manifest).__name__}")
    return manifest


def unusable(path: Path, got: str) -> MediaError:
    """The error for a model that cannot be read."""
    return MediaError(f"a layers model of TensorFlow.js in {path}", got, "keep its shards beside it")
