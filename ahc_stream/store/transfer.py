"""One file over HTTP: resumed where it stopped, bounded in bytes and in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin, urlsplit, urlunsplit

from ahc_stream.core.errors import DownloadError
from ahc_stream.store.progress import Progress
from ahc_stream.store.sources import sha256_of

if TYPE_CHECKING:
    import requests

ATTEMPTS = 3
CHUNK_BYTES = 1 << 16

SILENCE_SECONDS = 30.0
"""How long a server may take to answer a connection, or to send the next bytes."""

ANSWER_SECONDS = 60.0
"""How long it may take from the connection to the last line of its headers, with the servers that it sends us to."""

MOST_SECONDS = 2 * 3600.0
"""How long one file may take over all attempts, however steadily it trickles in."""

MOST_BYTES = 4 << 30
"""No file of our tables is as large: a server that sends more sends something else."""

MOST_DIGITS = 19
"""Of a length that 64 bits hold; Python reads no number of more than some thousand."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MIRROR = "check the network, or name a folder or URL that holds the file in AHC_STREAM_MIRROR"


def download(url: str, part: Path, sha256: str | None, progress: Progress, plain_http: bool = False) -> None:
    """Completes `part` from `url`. Only a file with a known hash is resumed: without one, nothing would notice two
    halves of different files. A resumed file of the wrong hash is fetched once more from the start.

    plain_http:  whether the address and where it redirects to may be http, see `check_address`.
    Raises DownloadError.
    """
    check_address(url, plain_http)
    if sha256 is None:
        part.unlink(missing_ok=True)
    is_resumed = part.exists() and part.stat().st_size > 0
    transfer = _Transfer(url, part, plain_http, progress, time.monotonic() + MOST_SECONDS)
    transfer.complete(may_resume=sha256 is not None)
    if is_resumed and not sha256_of(part).startswith(sha256 or ""):
        part.unlink()
        transfer.complete(may_resume=True)


def is_there(url: str, plain_http: bool) -> bool:
    """Whether the server has the file. Raises DownloadError where it cannot be asked."""
    import requests

    from ahc_stream.store.timed_session import TimedSession

    check_address(url, plain_http)
    with TimedSession(time.monotonic() + ANSWER_SECONDS) as session:
        try:
            hooks = {"response": _redirect_check(plain_http)}
            answer = session.head(url, timeout=SILENCE_SECONDS, allow_redirects=True, hooks=hooks)
        except requests.RequestException as error:
            raise refused(url, no_answer() if session.is_over else type(error).__name__) from error
        return answer.status_code == requests.codes.ok


def no_answer() -> str:
    """What is said of a server that lets time pass."""
    return f"no answer in {ANSWER_SECONDS:g} s"


def check_address(url: str, plain_http: bool) -> None:
    """Raises DownloadError for an address that is neither https nor on this machine: whoever is between could put
    another file in its place. With `plain_http`, http is taken too: the caller knows the hash of what comes."""
    parts = urlsplit(url)
    is_known_http = parts.scheme == "http" and (plain_http or parts.hostname in _LOOPBACK)
    if parts.scheme != "https" and not is_known_http:
        todo = "name an https address, or fetch the file yourself and put it where it belongs"
        raise DownloadError("an https address to download from", without_credentials(url), todo)


def _redirect_check(plain_http: bool) -> Callable[..., None]:
    """What requests calls with every answer before it goes where that points to. Raises what `check_address` does."""

    def check(answer: requests.Response, *_: object, **__: object) -> None:
        if answer.is_redirect:
            check_address(urljoin(answer.url, answer.headers["location"]), plain_http)

    return check


@dataclass(frozen=True)
class _Transfer:
    """One file on its way. `deadline` is a time of the monotonic clock."""

    url: str
    part: Path
    plain_http: bool
    progress: Progress
    deadline: float

    def complete(self, may_resume: bool) -> None:
        """`_get`, tried again where the connection breaks. An HTTP status is an answer and is not asked for again."""
        import requests
        import urllib3

        broken = (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.HTTPError,  # while the body is read, which requests leaves to urllib3
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._get(may_resume)
                return
            except broken as error:
                if time.monotonic() > self.deadline:
                    raise self._too_late() from error
                if attempt == ATTEMPTS:
                    raise refused(self.url, f"{type(error).__name__} in {ATTEMPTS} attempts") from error
                time.sleep(0.5 * attempt)
            except requests.RequestException as error:
                raise refused(self.url, type(error).__name__) from error

    def _get(self, may_resume: bool) -> None:
        import requests

        from ahc_stream.store.timed_session import TimedSession

        held = self.part.stat().st_size if may_resume and self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if held:
            headers["Range"] = f"bytes={held}-"
        hooks = {"response": _redirect_check(self.plain_http)}
        with TimedSession(min(self.deadline, time.monotonic() + ANSWER_SECONDS)) as session:
            try:
                answer = session.get(self.url, stream=True, timeout=SILENCE_SECONDS, headers=headers, hooks=hooks)
            except requests.RequestException as error:
                if session.is_over and time.monotonic() <= self.deadline:
                    raise refused(self.url, no_answer()) from error
                raise
            session.move(self.deadline)
            with answer:
                if session.is_over:
                    raise refused(self.url, no_answer())
                self._take(answer, held)

    def _take(self, answer: requests.Response, held: int) -> None:
        """The answer to a question for what is behind the first `held` bytes."""
        import requests

        if held and answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is left to send: the part is whole or too long, and its hash will tell which
        if not answer.ok:
            raise refused(self.url, f"HTTP status {answer.status_code} {answer.reason}")
        continues = held and answer.status_code == requests.codes.partial_content
        with self.part.open("ab" if continues else "wb") as file:
            self._copy(answer, file)

    def _copy(self, answer: requests.Response, file: BinaryIO) -> None:
        """The body behind what the file holds. It is taken as it comes, so that a slow one does not pass the deadline
        unseen, and as it was sent: servers call an archive of gzip encoded, which it is not."""
        here = file.tell()
        length = answer.headers.get("Content-Length", "")
        is_number = length.isascii() and length.isdecimal() and len(length) <= MOST_DIGITS
        total = here + int(length) if is_number else None
        self._check_size(total or 0)
        while chunk := answer.raw.read1(CHUNK_BYTES):
            here += len(chunk)
            self._check_size(here)
            if time.monotonic() > self.deadline:
                break
            file.write(chunk)
            self.progress(here, total)
        if time.monotonic() > self.deadline:  # what ended may be the time, and not the file
            raise self._too_late()

    def _too_late(self) -> DownloadError:
        here = self.part.stat().st_size if self.part.exists() else 0
        return refused(self.url, f"{here} bytes in {MOST_SECONDS:g} s, and no end", _MIRROR)

    def _check_size(self, size: int) -> None:
        if size > MOST_BYTES:
            self.part.unlink(missing_ok=True)
            raise refused(self.url, f"one of more than {MOST_BYTES} bytes", "report this source: it sends another file")


def refused(url: str, got: str, todo: str = _MIRROR) -> DownloadError:
    """The error for a file that does not come."""
    return DownloadError(f"a file at {without_credentials(url)}", got, todo)


def without_credentials(url: str) -> str:
    """The URL less `user:password@`, fit for a message."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
