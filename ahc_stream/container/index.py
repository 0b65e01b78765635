"""The index of an `.ahc` file as data, and as bytes. `docs/container.md` is the standard for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ahc_stream.container.blocks import BROKEN, CRC, INDEX, block
from ahc_stream.core.encoding import Cursor, put_varint
from ahc_stream.core.errors import CodecError


@dataclass(frozen=True)
class IndexEntry:
    """One segment as the index has it: bytes with its head, frames, CRC-32 of its head."""

    size: int
    frames: int
    crc: int


def index_to_bytes(entries: Sequence[IndexEntry], seed: int) -> bytes:
    """Mark, size, entries, CRC-32 from `seed` on."""
    out = bytearray()
    put_varint(out, len(entries))
    for entry in entries:
        put_varint(out, entry.size)
        put_varint(out, entry.frames)
        out += CRC.pack(entry.crc)
    return block(INDEX, out, seed)


def index_from_body(body: bytes) -> tuple[IndexEntry, ...]:
    """The entries, as `index_to_bytes` wrote them. Raises CodecError."""
    cursor = Cursor(body)
    entries = []
    for _ in range(cursor.count()):
        size, frames = cursor.varint(), cursor.varint()
        (crc,) = CRC.unpack(cursor.take(CRC.size))
        if not 0 < frames <= size:
            raise CodecError(f"1 to {size} frames in a segment of {size} bytes", f"{frames}", BROKEN)
        entries.append(IndexEntry(size, frames, crc))
    cursor.end()
    return tuple(entries)
