"""What all blocks of an `.ahc` file are made of: marks, sizes, checks. `docs/container.md` is the standard."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

from ahc_stream.core.encoding import Cursor, put_varint
from ahc_stream.core.errors import CodecError
from ahc_stream.core.foreign_text import shown

MAGIC = b"\x89AHC\r\n\x1a\n"  # as PNG's: a transfer as text changes it
VERSION = 2
SEGMENT, INDEX = b"S", b"X"
FOOTER = struct.Struct("<Q4sI")  # offset of the index, END, CRC-32 of those twelve bytes
END = b"AHCE"
CRC = struct.Struct("<I")
LONGEST_SIDE = 65_535
MOST_PIXELS = 2**30
LONGEST_TEXT = 4096  # characters: a path
BROKEN = "fetch the file again, or report its writer"


def block(mark: bytes, body: bytearray, seed: int) -> bytes:
    """Mark, size, body, and the CRC-32 of all that from `seed` on."""
    whole = mark + sized(body)
    return whole + CRC.pack(zlib.crc32(whole, seed))


def sized(body: bytearray) -> bytes:
    """The number of bytes, and they."""
    out = bytearray()
    put_varint(out, len(body))
    return bytes(out + body)


def segment_seed(number: int, header_crc: int) -> int:
    """Where the CRC-32 of segment `number` begins: no segment of another file, or of another place, passes for it."""
    return zlib.crc32(struct.pack("<Q", number), header_crc)


def index_seed(header_crc: int) -> int:
    """Where the CRC-32 of the index begins."""
    return zlib.crc32(b"index", header_crc)


def footer(offset: int) -> bytes:
    """The last bytes of a finished file, which say where its index begins."""
    front = FOOTER.pack(offset, END, 0)[: -CRC.size]
    return front + CRC.pack(zlib.crc32(front))


def put_size(out: bytearray, height: int, width: int) -> None:
    """Appends a frame's size."""
    put_varint(out, height)
    put_varint(out, width)


def take_size(cursor: Cursor) -> tuple[int, int]:
    """What `put_size` wrote: height and width. Raises CodecError."""
    height, width = cursor.varint(), cursor.varint()
    if not (0 < height <= LONGEST_SIDE and 0 < width <= LONGEST_SIDE and height * width <= MOST_PIXELS):
        raise CodecError(f"frames of up to {LONGEST_SIDE} pixels a side", f"{width} x {height}", BROKEN)
    return height, width


def check_budget(height: int, width: int, most: int, path: Path) -> None:
    """Raises CodecError for frames of more than `most` pixels, before anything makes room for one."""
    if height * width > most:
        todo = f"allow it with --max-pixels {height * width}"
        raise CodecError(f"frames of at most {most:,} pixels in {path}", f"{width} x {height}", todo)


def take_text(cursor: Cursor) -> str:
    """A value that is text of at most LONGEST_TEXT characters. Raises CodecError."""
    value = cursor.value()
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise CodecError(f"text of at most {LONGEST_TEXT} characters", shown(value), BROKEN)
    return value


def take_mapping(cursor: Cursor) -> dict[str, Any]:
    """A value that is a mapping. Raises CodecError."""
    value = cursor.value()
    if not isinstance(value, dict):
        raise CodecError("a mapping", shown(value), BROKEN)
    return value
