"""Where data of one's own lies, and a kind of it: how it is known and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.files import Tree, walk
from ahc_stream.datasets.media import is_image
from ahc_stream.datasets.read_options import ReadOptions


@dataclass(frozen=True)
class Place:
    """A folder or a file that is there, absolute, and how it is to be read."""

    path: Path
    reading: ReadOptions

    @cached_property
    def tree(self) -> Tree:
        """The files below the folder; none of a file."""
        return walk(self.path) if self.path.is_dir() else Tree((), (), frozenset())

    @cached_property
    def images(self) -> tuple[Path, ...]:
        """The image files below the folder, in order."""
        return tuple(filter(is_image, self.tree.files))

    def shown(self, path: Path) -> str:
        """The path as a message has it: below the folder, where it is."""
        inside = path.is_relative_to(self.path) and path != self.path
        return str(path.relative_to(self.path)) if inside else str(path)


@dataclass(frozen=True)
class Kind:
    """One kind of data.

    name:     what --as calls it.
    layout:   what it looks like, in a phrase.
    find:     what shows that a place is of this kind, in words; None: nothing does.
    open:     reads it.
    options:  those fields of ReadOptions that it takes, of FLAGS.
    is_sure:  whether what shows it is made for it alone. A tree of class folders may as well be no more than tidy.
    """

    name: str
    layout: str
    find: Callable[[Place], str | None]
    open: Callable[[Place], Dataset]
    options: tuple[str, ...] = ()
    is_sure: bool = True
