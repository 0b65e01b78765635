"""One file over HTTP or from a mirror: resumed, checked, renamed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit, urlunsplit

from ahc_stream.core.errors import DownloadError
from ahc_stream.store.disk import locked, storage_errors
from ahc_stream.store.sources import Progress, Url, sha256_of

ATTEMPTS = 3
CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = 30.0


def fetch_url(source: Url, target: Path, progress: Progress | None) -> None:
    """Brings the file of `source` to `target`; see `store.fetch`."""

    def origin(part: Path) -> None:
        with shown(target.name, progress) as report:
            download(source.url, part, source.sha256, report)

    bring(source.file, target, source.sha256, origin, progress)


def bring(
    name: str, target: Path, sha256: str | None, origin: Callable[[Path], None], progress: Progress | None = None
) -> None:
    """Fills `target` from the mirror or else from `origin`, which writes the path that it is given.

    name: what the mirror calls the file. One process at a time works on a target; a second one waits, then finds it.
    """
    part = target.with_name(target.name + ".part")
    with storage_errors(target), locked(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file():
            return
        if not _from_mirror(name, part, sha256, progress):
            require_network(name, target)
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
    found = sha256_of(part)
    if sha256 is not None and not found.startswith(sha256):
        size = part.stat().st_size
        part.unlink()
        raise DownloadError(
            f"{target.name} with SHA-256 {sha256}",
            f"{size} bytes with SHA-256 {found}",
            "fetch it again; if that repeats, the file at its source has changed and must not be trusted",
        )
    os.replace(part, target)


def download(url: str, part: Path, sha256: str | None, progress: Progress) -> None:
    """Completes `part` from `url`. Only a file with a known hash is resumed: without one, nothing would notice two
    halves of different files. A resumed file of the wrong hash is fetched once more from the start."""
    if sha256 is None:
        part.unlink(missing_ok=True)
    resumed = part.exists() and part.stat().st_size > 0
    _get_patiently(url, part, sha256 is not None, progress)
    if resumed and not sha256_of(part).startswith(sha256 or ""):
        part.unlink()
        _get_patiently(url, part, True, progress)


def _get_patiently(url: str, part: Path, resume: bool, progress: Progress) -> None:
    """`_get`, tried again where the connection breaks. An HTTP status is an answer and is not asked for again."""
    import requests

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _get(url, part, resume, progress)
        except requests.HTTPError as error:
            answer = error.response
            assert answer is not None, "an HTTPError answers a request"
            raise _refused(url, f"HTTP status {answer.status_code} {answer.reason}") from error
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            if attempt == ATTEMPTS:
                raise _refused(url, f"{type(error).__name__} in {ATTEMPTS} attempts") from error
            time.sleep(0.5 * attempt)
        except requests.RequestException as error:
            raise _refused(url, f"{type(error).__name__}") from error


def _get(url: str, part: Path, resume: bool, progress: Progress) -> None:
    import pooch
    import requests

    have = part.stat().st_size if resume and part.exists() else 0
    with part.open("ab") as file:

        def start_over_unless_partial(response: requests.Response, *_: object, **__: object) -> None:
            if response.status_code == requests.codes.ok:  # 200: the whole file comes, 206: the rest of it
                file.truncate(0)

        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        get = pooch.HTTPDownloader(
            progressbar=_Meter(file, progress),
            chunk_size=CHUNK_BYTES,
            timeout=TIMEOUT_SECONDS,
            headers=headers,
            hooks={"response": start_over_unless_partial},
        )
        try:
            get(url, file, None)
        except requests.HTTPError as error:
            # Nothing is left to send: the part is whole or too long, and its hash will tell which.
            assert error.response is not None, "an HTTPError answers a request"
            if not (have and error.response.status_code == requests.codes.requested_range_not_satisfiable):
                raise


class _Meter:
    """The four calls that pooch makes on a progress bar, as calls of a `Progress`."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file, self._progress, self._total = file, progress, 0

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, remaining: int) -> None:
        self._total = os.fstat(self._file.fileno()).st_size + remaining if remaining else 0

    def update(self, _: int) -> None:
        self._progress(os.fstat(self._file.fileno()).st_size, self._total or None)

    def reset(self) -> None:
        """pooch rewinds and fills its bar at the end; ours counts the file and is already full."""

    def close(self) -> None:
        """The bar belongs to `shown`."""


def _refused(url: str, got: str) -> DownloadError:
    return DownloadError(
        f"a file at {without_credentials(url)}",
        got,
        "check the network, or name a folder or URL that holds the file in AHC_STREAM_MIRROR",
    )


def without_credentials(url: str) -> str:
    """The URL less `user:password@`, fit for a message."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def offline() -> bool:
    """Whether AHC_STREAM_OFFLINE forbids the network (set, and not "0")."""
    return os.environ.get("AHC_STREAM_OFFLINE", "0") not in ("", "0")


def require_network(name: str, target: Path) -> None:
    """Raises DownloadError where the network is switched off."""
    if offline():
        raise DownloadError(
            f"{name} from the network",
            "AHC_STREAM_OFFLINE is set",
            f"unset it, or bring the file: to {target}, or into a folder named by AHC_STREAM_MIRROR",
        )


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
    import pooch
    import requests

    if offline():
        return False
    try:
        held = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS)(url, None, None, check_only=True)
    except requests.RequestException as error:
        raise _refused(url, type(error).__name__) from error
    if held:
        with shown(name, progress) as report:
            download(url, part, sha256, report)
    return bool(held)


@contextmanager
def shown(name: str, progress: Progress | None) -> Iterator[Progress]:
    """`progress` itself; without one, a bar on stderr that lives as long as the context (nothing in a log)."""
    if progress is not None:
        yield progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(name, total=None)
        yield lambda here, total: bars.update(task, completed=here, total=total)
