"""A server of files that may hang up, redirect, trickle or lie; and what the tests of the store have in common."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

CONTENT = bytes(range(256)) * 2048  # 512 KiB


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Server:
    """An HTTP server of `files`, with Range support unless `ranges` is off, that may hang up in mid-file.

    redirects:   path -> where it sends a client that asks for it.
    claims:      the length that it claims of every file; None: the true one.
    trickles:    seconds between two bytes of a file; 0: it sends all at once.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    hang_up_after: list[int] = field(default_factory=list)  # bytes until the next connections break
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    claims: int | None = None
    trickles: float = 0.0


class Handler(BaseHTTPRequestHandler):
    state: Server

    def do_HEAD(self) -> None:
        self._answer(False)

    def do_GET(self) -> None:
        self._answer(True)

    def _answer(self, with_body: bool) -> None:
        asked = self.headers["Range"]
        self.state.asked.append((self.command, self.path, asked))
        if self.path in self.state.redirects:
            self.send_response(302)
            self.send_header("Location", self.state.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        body = self.state.files.get(self.path)
        if body is None:
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.state.ranges else 0
        if start and start >= len(body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start if self.state.claims is None else self.state.claims))
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.end_headers()
        if with_body:
            stop = self.state.hang_up_after.pop(0) if self.state.hang_up_after else len(body)
            self._send(body[start : start + stop])
        return None

    def _send(self, body: bytes) -> None:
        if not self.state.trickles:
            self.wfile.write(body)
            return
        with suppress(ConnectionError):  # the client has had enough
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(self.state.trickles)

    def log_message(self, *_: object) -> None:
        pass


def rests(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
