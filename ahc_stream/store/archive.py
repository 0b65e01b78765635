"""Files out of an archive: chosen by name, checked by hash. Where a file lands is decided here, not by the archive."""

from __future__ import annotations

import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ahc_stream.core.errors import DownloadError
from ahc_stream.store.atomic import written_whole
from ahc_stream.store.sources import Member

CHUNK_BYTES = 1 << 20
MOST_BYTES = 4 << 30
"""What one member may unpack to; a few bytes of an archive can stand for any number."""

_REPORT = "report this source"
_ENCRYPTED = 0x1  # of a zip member's flags


def unpack(archive: Path, members: tuple[Member, ...], target: Path) -> None:
    """Writes the named members, each checked before it gets its name; nothing else of the archive touches the disk.

    Raises StorageError, and DownloadError for a damaged archive and for a member that is missing, there twice, no plain
    file, encrypted, packed by a method that is not known here, or other than its hash.
    """
    missing = {member.path: member for member in members}
    for name, content in _plain_files(archive, set(missing)):
        if name not in missing:
            raise _unusable(archive, name, "one that is there twice")
        member = missing.pop(name)
        _write_checked(archive, content, target / member.to, member.sha256)
    if missing:
        raise _unusable(archive, ", ".join(sorted(missing)), "an archive without it")


def _plain_files(archive: Path, names: set[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """The members of those names, each open for reading, as often as they are there."""
    return _of_zip(archive, names) if archive.suffix in (".whl", ".zip") else _of_tar(archive, names)


def _of_zip(archive: Path, names: set[str]) -> Iterator[tuple[str, IO[bytes]]]:
    with _reading(archive):
        zipped = zipfile.ZipFile(archive)
    with zipped:
        for info in zipped.infolist():
            if info.filename not in names:
                continue
            if info.flag_bits & _ENCRYPTED:
                raise _unusable(archive, info.filename, "one that is encrypted")
            with _reading(archive):
                content = zipped.open(info)
            with content:
                yield info.filename, content


def _of_tar(archive: Path, names: set[str]) -> Iterator[tuple[str, IO[bytes]]]:
    with _reading(archive):
        tarball = tarfile.open(archive)  # noqa: SIM115  # it is closed by the next block
    with tarball:
        while True:
            with _reading(archive):
                info = tarball.next()
            if info is None:
                return
            if info.name not in names:
                continue
            with _reading(archive):
                content = tarball.extractfile(info) if info.isfile() else None
            if content is None:
                raise _unusable(archive, info.name, "one that is no plain file")
            yield info.name, content


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Turns what the readers of archives and of their compression raise into DownloadError."""
    try:
        yield
    except NotImplementedError as error:  # of zipfile: it names the method
        raise DownloadError(f"an archive of known methods in {archive.name}", str(error), _REPORT) from error
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,  # of gzip and bz2, for bytes that are none of theirs
    ) as error:
        got = str(error).partition("\n")[0]
        raise DownloadError(f"an archive in {archive.name}", got or type(error).__name__, "fetch it again") from error


def _write_checked(archive: Path, content: IO[bytes], path: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    size = 0
    with written_whole(path) as file:
        for chunk in _chunks(archive, content):
            size += len(chunk)
            if size > MOST_BYTES:
                raise _unusable(archive, path.name, f"one of more than {MOST_BYTES} bytes")
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() != sha256:
            got = f"SHA-256 {digest.hexdigest()}"
            raise DownloadError(f"{path.name} with SHA-256 {sha256}", got, _REPORT)


def _chunks(archive: Path, content: IO[bytes]) -> Iterator[bytes]:
    while True:
        with _reading(archive):
            chunk = content.read(CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


def _unusable(archive: Path, name: str, got: str) -> DownloadError:
    return DownloadError(f"{name} in {archive.name}, once and as a plain file", got, _REPORT)
