"""Items of files, and their names: each another one, by construction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from ahc_stream.core.clip import Item
from ahc_stream.core.file_names import readable

STILLS_PER_ITEM = 32
"""Grain of resume and sharding: few enough to lose little, enough to fill a batch."""


def item_names(paths: Sequence[PurePath]) -> list[str]:
    r"""What the items of files are called, from their paths inside a dataset, which differ.

    A name is the path without suffix; with it where another file would have the same name: a.jpg and a.png keep theirs,
    and so does a.jpg.png beside them. Bytes that are no UTF-8 are written out ("caf\xe9").
    """
    whole = [readable(path.as_posix()) for path in paths]
    short = [readable(path.with_suffix("").as_posix()) for path in paths]
    uses = Counter([*short, *whole])
    return apart(name if uses[name] == 1 else path for name, path in zip(short, whole, strict=True))


def apart(names: Iterable[str]) -> list[str]:
    """The names, a number behind each that was there before: "a", "a (2)"."""
    return list(_apart(names))


def _apart(names: Iterable[str]) -> Iterator[str]:
    used: set[str] = set()
    for name in names:
        unique, number = name, 1
        while unique in used:
            number += 1
            unique = f"{name} ({number})"
        used.add(unique)
        yield unique


def stills_items(
    dataset: str, paths: Sequence[Path], names: Sequence[str], per_item: int = STILLS_PER_ITEM
) -> tuple[Item, ...]:
    """Images in items of up to `per_item`. Such an item is called after its images: "kodim01..kodim08"."""
    return tuple(
        stills_item(dataset, tuple(paths[start : start + per_item]), tuple(names[start : start + per_item]))
        for start in range(0, len(paths), per_item)
    )


def stills_item(dataset: str, paths: tuple[Path, ...], names: tuple[str, ...]) -> Item:
    """One item of unrelated images."""
    name = names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}"
    return Item(dataset, name, "stills", paths, names)
