"""An ultralytics data.yaml: where the pictures of each split lie, and what classes are called.

    path: ../my_data          the root; what is relative is so to this file's folder. Left out: that folder
    train: images/train       a folder, a list file, or a list of those; relative to the root
    val: images/val
    test:
    names: {0: cat, 1: dog}   or [cat, dog]; nc: 2 alone leaves classes without a name but their number

What ultralytics does beside it is kept: "validation" is "val", and a leading "../" is dropped where nothing lies there
(Roboflow's exports have it).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.foreign_text import shown
from ahc_stream.datasets.own.splits import choose
from ahc_stream.datasets.yaml_text import as_text, read_yaml

SPLITS = ("val", "validation", "test", "train", "minival")
WHAT = "an ultralytics data.yaml"


USUAL_STEMS = ("data", "dataset")
MOST_CLASSES = 100_000
"""Of a file that gives their number alone; each gets a name."""


@dataclass(frozen=True)
class DataYaml:
    """One split of it.

    split:    its name.
    sources:  folders and list files, each of which is there.
    names:    of the classes, by their number; empty where there are none.
    """

    split: str
    sources: tuple[Path, ...]
    names: tuple[str, ...]


def is_data_yaml(path: Path) -> bool:
    """Whether a file says where pictures of a split are and what their classes are called. One that is called as such
    files are, and cannot be read, counts too: reading it says what is wrong."""
    try:
        content = read_yaml(path, WHAT)
    except (MediaError, MissingData):
        return path.stem.lower() in USUAL_STEMS
    return any(split in content for split in SPLITS) and ("names" in content or "nc" in content)


def read_data_yaml(path: Path, split: str | None) -> DataYaml:
    """The split that is asked for. Raises MissingData for a path that leads nowhere, MediaError, InvalidValue."""
    content = read_yaml(path, WHAT)
    values = {name: content[name] for name in SPLITS if content.get(name)}
    if not values:
        raise MediaError(f"train, val or test in {path}", "none of them", "name the folder of pictures of each")
    chosen = choose(values, split, str(path))
    root = _root(path, content.get("path"))
    value = values[chosen]
    entries = value if isinstance(value, list) else [value]
    sources = tuple(_source(path, root, chosen, entry) for entry in entries)
    return DataYaml(chosen, sources, _names(path, content))


def _root(file: Path, value: object) -> Path:
    if value is None:
        return file.parent
    root = file.parent / Path(_text(file, "path", value)).expanduser()
    if not root.is_dir():
        todo = "correct it: a relative path is taken from the file's own folder, and without the line it is that folder"
        raise MissingData(f"the folder that path: {value} of {file} names", f"nothing at {root}", todo)
    return root


def _source(file: Path, root: Path, split: str, entry: object) -> Path:
    text = _text(file, split, entry)
    names = (text, text.removeprefix("../"))
    candidates = [Path(os.path.normpath(root.absolute() / Path(name).expanduser())) for name in names]
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        todo = "correct it: it is relative to path:, and that to the file's own folder"
        raise MissingData(f"the pictures that {split}: {text} of {file} names", f"nothing at {candidates[0]}", todo)
    return found


def _names(file: Path, content: Mapping[object, object]) -> tuple[str, ...]:
    names, count = content.get("names"), content.get("nc")
    if names is None and type(count) is int:
        if not 1 <= count <= MOST_CLASSES:
            raise MediaError(f"nc from 1 to {MOST_CLASSES} in {file}", str(count), "correct it, or write names")
        return tuple(map(str, range(count)))
    if isinstance(names, dict):
        names = _in_order(file, names)
    if not isinstance(names, list) or not names:
        raise MediaError(f"names of classes in {file}", shown(names), "write names: [cat, dog] or {0: cat, 1: dog}")
    if isinstance(count, int) and count != len(names):
        raise MediaError(f"as many names as nc: {count} in {file}", str(len(names)), "correct one of the two")
    texts = tuple(_text(file, f"names[{number}]", name) for number, name in enumerate(names))
    if len(set(texts)) < len(texts):
        twice = next(name for name in texts if texts.count(name) > 1)
        raise MediaError(f"a name of its own for each class of {file}", f"{shown(twice)} twice", "correct the names")
    return texts


def _in_order(file: Path, names: Mapping[object, object]) -> list[object]:
    """The names of a mapping from numbers. Raises MediaError where a number is missing or is none."""
    numbers = [int(key) if str(key).isdecimal() else -1 for key in map(str, names)]
    if sorted(numbers) != list(range(len(names))):
        raise MediaError(f"classes numbered from 0 on in names of {file}", shown(list(names)), "correct the numbers")
    return [name for _, name in sorted(zip(numbers, names.values(), strict=True), key=lambda pair: pair[0])]


def _text(file: Path, key: str, value: object) -> str:
    return as_text(value, f"a text as {key} in {file}")
