"""One door to where a run's folder may lie: a folder of this machine, or a URL of an object store.

A local folder is a `pathlib.Path`. A URL (`s3://`, `gs://`, `hdfs://`, whatever `pyarrow.fs` or fsspec knows) is a
`RemoteFolder`, which answers the same questions as a Path, as far as a run's folder asks them.

On an object store an object appears whole or not at all, and there is no rename: objects are written under their own
name. Elsewhere (HDFS) a file is written beside its place and renamed, as on a disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.core.writable import check_writable

URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):/{1,2}(.+)", re.DOTALL)
"""A URL, or what `pathlib` makes of one: it takes two slashes for one."""
OBJECT_STORES = ("s3", "gcs", "abfs", "mock")
"""`type_name` of Arrow's file systems on which an object appears whole, once it has been written to its end."""


@dataclass(frozen=True)
class Stat:
    """What is known of a file without reading it. modified: seconds since 1970 by the store's own clock."""

    st_size: int
    modified: float


@dataclass(frozen=True)
class RemoteFolder:
    """A place on a file system of Arrow's, with the methods of `Path` that a run's folder asks for.

    system:  a `pyarrow.fs.FileSystem`. It can be sent to another process.
    path:    within it, with slashes.
    scheme:  what its URL began with.

    What a store refuses is an OSError, as a disk's refusal is.
    """

    system: Any
    path: str
    scheme: str

    def __truediv__(self, name: str) -> RemoteFolder:
        return RemoteFolder(self.system, f"{self.path}/{name}", self.scheme)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteFolder) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def parent(self) -> RemoteFolder:
        """Where it lies."""
        return RemoteFolder(self.system, str(PurePosixPath(self.path).parent), self.scheme)

    def exists(self) -> bool:
        return bool(self._info().type.name != "NotFound")

    def is_file(self) -> bool:
        return bool(self._info().is_file)

    def is_dir(self) -> bool:
        return bool(self._info().type.name == "Directory")

    def stat(self) -> Stat:
        """Raises FileNotFoundError."""
        info = self._info()
        if info.type.name == "NotFound":
            raise FileNotFoundError(2, "no such object", str(self))
        return Stat(info.size or 0, info.mtime_ns / 1e9 if info.mtime_ns else 0.0)

    def read_bytes(self) -> bytes:
        """Raises FileNotFoundError."""
        with self.system.open_input_file(self.path) as file:
            return bytes(file.read())

    def unlink(self, missing_ok: bool = False) -> None:
        """Raises FileNotFoundError where it is not there, unless that may be."""
        try:
            self.system.delete_file(self.path)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def iterdir(self) -> Iterator[RemoteFolder]:
        """What lies there; nothing where there is no such folder."""
        from pyarrow.fs import FileSelector

        for info in self.system.get_file_info(FileSelector(self.path, allow_not_found=True)):
            yield RemoteFolder(self.system, info.path.rstrip("/"), self.scheme)

    def glob(self, pattern: str) -> Iterator[RemoteFolder]:
        """What `pattern` names, "*.json" or "frames/*.parquet": of folders in front of it, by their names."""
        folder, _, names = pattern.rpartition("/")
        for place in (self / folder if folder else self).iterdir():
            if fnmatchcase(place.name, names):
                yield place

    def resolve(self) -> RemoteFolder:
        """Itself: a store has no links."""
        return self

    def write_bytes(self, data: bytes) -> None:
        """An object that appears whole."""
        if self.system.type_name in OBJECT_STORES:
            self._write(self.path, data)
            return
        unfinished = f"{self.path}.tmp"
        self.system.create_dir(str(PurePosixPath(self.path).parent))
        self._write(unfinished, data)
        self.system.move(unfinished, self.path)

    def _write(self, path: str, data: bytes) -> None:
        with self.system.open_output_stream(path) as file:
            file.write(data)

    def _info(self) -> Any:
        return self.system.get_file_info(self.path)


Folder: TypeAlias = Path | RemoteFolder
"""Where a run lies."""


def is_url(place: object) -> bool:
    """Whether a text or a path names a place on an object store and not on this machine."""
    return isinstance(place, RemoteFolder) or URL.fullmatch(str(place)) is not None


def folder_of(place: str | Path | RemoteFolder) -> Folder:
    """The folder that somebody names. Raises InvalidValue for a URL that holds a password, since a run's manifest tells
    its folder to everybody, and StorageError for a store that Arrow does not know or reach."""
    if isinstance(place, RemoteFolder):
        return place
    match = URL.fullmatch(str(place))
    return Path(place) if match is None else _remote(match[1].lower(), match[2])


@lru_cache(maxsize=8)
def _remote(scheme: str, rest: str) -> RemoteFolder:
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem

    url = f"{scheme}:///{rest}" if scheme in ("file", "memory") else f"{scheme}://{rest}"
    if urlsplit(url).password:
        todo = "leave it out: credentials come from the environment (AWS_ACCESS_KEY_ID) or the store's own files"
        raise InvalidValue("a URL without a password", f"one on {urlsplit(url).hostname}", todo)
    try:
        system, path = FileSystem.from_uri(url)
    except (OSError, ArrowException, ValueError, ImportError) as error:
        todo = "name a folder, or a URL of s3, gs, hdfs, or fsspec+KIND"
        raise StorageError(f"an object store at {scheme}://", str(error), todo) from error
    return RemoteFolder(system, path.rstrip("/"), scheme)


def check_folder(place: Folder, todo: str = "choose another --out") -> None:
    """As `core.writable.check_writable`, of any place that `folder_of` knows; to an object store an object is written,
    and removed. Raises StorageError."""
    folder = folder_of(place)
    if isinstance(folder, Path):
        check_writable(folder, todo)
        return
    probe = folder / ".writable"
    try:
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError("an object store that can be written", f"{folder}: {error}", todo) from error
