"""An experiment out of a .toml file, or out of the manifest.json of a run.

    dataset = "kodak"
    codecs = ["jpeg@10,50,90", "h265@27,37"]
    metrics = ["psnr", "ssim"]
    frames = "0:100"
    out = "runs/kodak"

The keys are the fields of `Experiment`; as the command line spells them they are taken too (`codec`, `clip-frames`).
The block `experiment` of a manifest is such a file's content, with null for what is not said.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.core.foreign_text import shown
from ahc_stream.experiment_file.kinds import FIELDS, OPTIONAL, SPELLINGS
from ahc_stream.experiment_file.places import placed

TOML = ".toml"
MANIFEST = "manifest.json"
MANIFEST_KEYS = {"format", "experiment", "starts"}
"""Of a run's manifest, which tell it from other JSON."""

_KINDS_OF_FILE = "a .toml file of an experiment, or the manifest.json of a run"
_ONLY_KEYS = "write key = value, one below the other"
_NAMES_CODE = re.compile(
    r"exec:|.+?\.py:[A-Za-z_]|(?!(?:ffmpeg|compressai):)[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?=[@:]|$)", re.DOTALL
)
"""Beginnings of texts that run a user's code or programs: `exec:FILE`, `file.py:Name`, `package.module:Name`."""


def is_experiment_file(path: Path) -> bool:
    """Whether the path leads to a file that this module reads, and not to data, such as labels in JSON."""
    return path.suffix.lower() == TOML or (path.name == MANIFEST and _manifest(path) is not None)


def read(path: Path, besides: Collection[str] = ()) -> dict[str, Any]:
    """The fields that a file names, with their values, but for those of `besides`, which somebody else has said.

    Relative paths are below the folder of the file; of a manifest, below the folder that its latest start ran in, and
    `out` is the manifest's own folder: the run goes on.
    A .toml file may name code of a user's own, as a command line may; a manifest may not, for nobody wrote it.
    Raises MissingData for a file that is not there, InvalidValue for one that is none, for a value of another kind and
    for code in a manifest, and UnknownName for a key, or a dataset, that nobody knows.
    """
    data = _bytes(path)
    values, folder = _of_toml(path, data) if path.suffix.lower() == TOML else _of_manifest(path, besides)
    return placed({name: value for name, value in values.items() if name not in besides}, folder)


def _of_toml(path: Path, data: bytes) -> tuple[dict[str, Any], Path]:
    """Fields, and the folder that their paths are taken from."""
    return field_values(_toml(path, data), path), path.parent


def _of_manifest(path: Path, besides: Collection[str]) -> tuple[dict[str, Any], Path]:
    manifest = _manifest(path)
    if manifest is None:
        raise InvalidValue(f"{_KINDS_OF_FILE}, at {path}", "another file", "name another one")
    values = field_values(manifest["experiment"], path)
    _refuse_code({name: value for name, value in values.items() if name not in besides}, path)
    return values | {"out": path.absolute().parent}, _folder_of_start(manifest, path)


def field_values(spelled: Mapping[str, Any], path: Path | None = None) -> dict[str, Any]:
    """The fields that are named, with their values, of what a file or (without `path`) a command line says of them."""
    values: dict[str, Any] = {}
    for key, written in spelled.items():
        name = _field(key, path)
        if name in values:
            raise InvalidValue(_at(f"{name} once", path), "it twice", "leave one of them out")
        if written is not None or name not in OPTIONAL:
            values[name] = _value(name, key, written, path)
    return values


def _field(key: str, path: Path | None) -> str:
    name = SPELLINGS.get(key, key.replace("-", "_"))
    if name not in FIELDS:
        raise UnknownName.near(_at("key of an experiment", path), key, FIELDS, "see `ahc-stream run --help`")
    return name


def _value(name: str, key: str, written: Any, path: Path | None) -> Any:
    kind = FIELDS[name]
    try:
        return kind.read(written)
    except ValueError as error:
        spelled = f"--{key.replace('_', '-')}" if path is None else key
        raise InvalidValue(_at(f"{spelled} as {kind.takes}", path), shown(written), f"correct {spelled}") from error


def _at(phrase: str, path: Path | None) -> str:
    return phrase if path is None else f"{phrase} in {path}"


def _bytes(path: Path) -> bytes:
    """Raises MissingData where nothing is, and InvalidValue for what cannot be read, such as a folder."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MissingData(f"{_KINDS_OF_FILE}, at {path}", "no such file", "check the path") from error
    except IsADirectoryError as error:
        raise InvalidValue(f"{_KINDS_OF_FILE}, at {path}", "a folder", "name a file in it") from error
    except (OSError, ValueError) as error:  # no permission; a name that no system takes
        raise InvalidValue(f"{_KINDS_OF_FILE}, at {path}", str(error), "check the path") from error


def _toml(path: Path, data: bytes) -> dict[str, Any]:
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # tomllib's and UTF-8's errors are ValueErrors
        raise InvalidValue(f"TOML in {path}", str(error), f"correct it: {_ONLY_KEYS}") from error
    tables = [name for name, value in values.items() if isinstance(value, dict)]
    if tables:
        named = ", ".join(f"[{name}]" for name in tables)
        raise InvalidValue(f"keys and no tables in {path}", named, f"take the table out: {_ONLY_KEYS}")
    return values


def _manifest(path: Path) -> dict[str, Any] | None:
    """What a run's manifest says; None for other JSON, and for what is none."""
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    is_manifest = isinstance(manifest, dict) and manifest.keys() >= MANIFEST_KEYS
    return manifest if is_manifest and isinstance(manifest["experiment"], dict) else None


def _folder_of_start(manifest: Mapping[str, Any], path: Path) -> Path:
    """Where the latest start ran, whose configuration the manifest holds."""
    starts = manifest["starts"]
    latest = starts[-1] if isinstance(starts, list) and starts else {}
    folder = latest.get("folder") if isinstance(latest, dict) else None
    return Path(folder) if isinstance(folder, str) else path.absolute().parent


def _refuse_code(values: Mapping[str, Any], path: Path) -> None:
    """Code runs because somebody names it, and a manifest may be a stranger's."""
    for flag, name in SPELLINGS.items():
        texts = values.get(name) or ()
        named = [text for text in texts if _NAMES_CODE.match(text)] if isinstance(texts, tuple) else []
        if named:
            todo = f"give every --{flag} of the run yourself: code is run because you name it"
            raise InvalidValue(f"{name} of this package in {path}", f"code: {named[0]}", todo)
