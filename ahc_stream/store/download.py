"""A file brought to its place: from a mirror or its origin, checked, renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from ahc_stream.core.errors import DownloadError
from ahc_stream.store.disk import locked, storage_errors
from ahc_stream.store.progress import Progress, shown
from ahc_stream.store.sources import Url, sha256_of
from ahc_stream.store.transfer import download, is_there

SHA256_DIGITS = 64


def fetch_url(source: Url, target: Path, progress: Progress | None) -> None:
    """Brings the file of `source` to `target`; see `store.fetch`. One process at a time works on a target; a second one
    waits, then finds it."""

    def origin(part: Path) -> None:
        with shown(target.name, progress) as report:
            download(source.url, part, source.sha256, report)

    with storage_errors(target), locked(target):
        bring(source.file, target, source.sha256, origin, progress)


def bring(
    name: str, target: Path, sha256: str | None, origin: Callable[[Path], None], progress: Progress | None = None
) -> None:
    """Fills `target` from the mirror or else from `origin`, which writes the path that it is given. The caller holds
    the target's lock.

    name:  what the mirror calls the file.
    """
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    if sha256 is None and is_offline():
        raise _unverified(name, target)
    if not _from_mirror(name, part, sha256, progress):
        if is_offline():
            raise _no_network(name, target)
        _without_empty_rest(origin, part)
    accept(part, target, sha256)


def _without_empty_rest(origin: Callable[[Path], None], part: Path) -> None:
    """Runs `origin`; where it fails before the first byte, nothing stays behind."""
    try:
        origin(part)
    finally:
        if part.exists() and part.stat().st_size == 0:
            part.unlink()


def accept(part: Path, target: Path, sha256: str | None) -> None:
    """Renames `part` to `target` if it has the hash (or the hash's prefix); else removes it. Raises DownloadError."""
    digest = sha256_of(part)
    if sha256 is not None and not digest.startswith(sha256):
        size = part.stat().st_size
        part.unlink()
        raise DownloadError(
            f"{target.name} with SHA-256 {sha256}",
            f"{size} bytes with SHA-256 {digest}",
            "fetch it again; if that repeats, the file at its source has changed and must not be trusted",
        )
    part.replace(target)


def is_offline() -> bool:
    """Whether AHC_STREAM_OFFLINE forbids the network (set, and not "0")."""
    return os.environ.get("AHC_STREAM_OFFLINE", "0") not in ("", "0")


def _no_network(name: str, target: Path) -> DownloadError:
    todo = f"unset it, or bring the file: to {target}, or into a folder named by AHC_STREAM_MIRROR"
    return DownloadError(f"{name} from the network", "AHC_STREAM_OFFLINE is set", todo)


def _unverified(name: str, target: Path) -> DownloadError:
    """Nothing but the https connection to its publisher vouches for a file without a hash."""
    todo = f"unset it, or put a file that you trust at {target}"
    got = "AHC_STREAM_OFFLINE is set, and no hash of the file is published"
    return DownloadError(f"{name} from its publisher", got, todo)


def _from_mirror(name: str, part: Path, sha256: str | None, progress: Progress | None) -> bool:
    """Completes `part` from AHC_STREAM_MIRROR; False where there is no mirror or it does not hold the file."""
    mirror = os.environ.get("AHC_STREAM_MIRROR", "")
    if not mirror:
        return False
    if "://" in mirror:
        return _from_mirror_url(f"{mirror.rstrip('/')}/{quote(name)}", name, part, sha256, progress)
    copy = Path(mirror).expanduser() / name
    if copy.is_file():
        shutil.copyfile(copy, part)
        return True
    return False


def _from_mirror_url(url: str, name: str, part: Path, sha256: str | None, progress: Progress | None) -> bool:
    plain_http = sha256 is not None and len(sha256) == SHA256_DIGITS
    if is_offline() or not is_there(url, plain_http):
        return False
    with shown(name, progress) as report:
        download(url, part, sha256, report, plain_http)
    return True
