"""Standard output and error whose reader may go away: what `ahc-stream list | head -1` does not read is dropped."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class ClosablePipe(io.FileIO):
    """An open file descriptor. Once nobody reads it, it writes to the null device, and the command goes on."""

    def write(self, data: ReadableBuffer) -> int:
        """The number of bytes that are written, or dropped."""
        try:
            return super().write(data)
        except BrokenPipeError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            return super().write(data)


def tolerate_closed_pipes() -> None:
    """Of this process: an unread line is no fault, and a name that the terminal cannot show is written with escapes."""
    sys.stdout = _tolerant(sys.stdout)
    sys.stderr = _tolerant(sys.stderr)


def _tolerant(stream: TextIO) -> TextIO:
    """The same stream; a command that was started without one has none (None)."""
    if stream is None or stream.closed:
        return stream
    pipe = ClosablePipe(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(pipe),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=bool(stream.line_buffering),
    )
