"""The files of a folder, as every dataset sees them.

Hidden files and folders (a dot in front: also the `._x` that macOS leaves beside each x) are left out. Symbolic links
are followed, and each folder is entered once, under its own name where it lies in the tree, so that a loop of links
ends. Pictures that a run has kept are left out too: an --out inside the data adds nothing to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ahc_stream.core.file_names import LONGEST_NAME, readable

MANIFEST, MANIFEST_KEYS = "manifest.json", {"format", "experiment", "starts"}
RECONSTRUCTIONS = "recon"
"""A run's folder is known by its manifest; the pictures that it keeps lie in this folder of it."""


@dataclass(frozen=True)
class Tree:
    """What a folder holds.

    files:   absolute, in order of their paths.
    unread:  folders that may not be read and links that lead nowhere, relative, as text.
    runs:    folders that runs write to, absolute. What else lies there counts.
    """

    files: tuple[Path, ...]
    unread: tuple[str, ...]
    runs: frozenset[Path]


def walk(root: Path) -> Tree:
    """Every file below `root` that counts."""
    return _Walker(root.absolute()).tree()


class _Walker:
    """Enters real folders before linked ones, so that each has its own name where it has one in the tree."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: list[Path] = []
        self._unread: list[Path] = []
        self._runs: set[Path] = set()
        self._folders, self._links = [root], list[Path]()
        self._entered: set[tuple[int, int]] = set()

    def tree(self) -> Tree:
        while self._folders or self._links:
            folder = self._folders.pop() if self._folders else self._links.pop(0)
            try:
                self._enter(folder)
            except OSError:
                self._unread.append(folder)
        names = (readable(path.relative_to(self._root)) for path in sorted(self._unread))
        return Tree(tuple(sorted(self._files)), tuple(names), frozenset(self._runs))

    def _enter(self, folder: Path) -> None:
        """Raises OSError where it may not be read."""
        status = folder.stat()
        identity = status.st_dev, status.st_ino
        if identity in self._entered:
            return
        self._entered.add(identity)
        paths = {path.name: path for path in _visible(folder)}
        if MANIFEST in paths and _is_run(folder):
            self._runs.add(folder)
            paths.pop(RECONSTRUCTIONS, None)
        for path in paths.values():
            self._sort_in(path)
        self._links.sort()

    def _sort_in(self, path: Path) -> None:
        try:
            if path.is_dir():
                (self._links if path.is_symlink() else self._folders).append(path)
            elif path.is_file():
                self._files.append(path)
            elif path.is_symlink():
                self._unread.append(path)
        except OSError:  # a link to itself
            self._unread.append(path)


def _visible(folder: Path) -> list[Path]:
    """Raises OSError."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _is_run(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and manifest.keys() >= MANIFEST_KEYS


def children(folder: Path) -> list[Path]:
    """The files and folders right in `folder`, in order; none where it is no folder that can be read."""
    try:
        return sorted(_visible(folder))
    except OSError:
        return []


def inside(folder: Path, name: str) -> Path:
    """The path that a table of labels means by `name`, taken from `folder`. Either slash parts it.

    Raises ValueError where that can be no file below the folder: an absolute path, one with "..", none, or a name that
    no system has.
    """
    relative = PurePosixPath(name.replace("\\", "/"))
    if not relative.parts or relative.is_absolute() or not all(map(_is_name, relative.parts)):
        raise ValueError("no name of a file in the folder")
    return folder / relative


def _is_name(part: str) -> bool:
    return part != ".." and "\0" not in part and len(part) <= LONGEST_NAME


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that the system cannot have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def existing(name: str) -> Path | None:
    """The file or folder of that name, "~" being the user's own; None where there is none."""
    try:
        path = Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, or with a NUL; a user whom nobody knows
        return None


def absolute(path: Path) -> Path:
    """The path from the root on, by the name that it was given; ".." is looked up, for it is no name."""
    return path.resolve() if path.name == ".." else path.absolute()
