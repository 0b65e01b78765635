"""One coded frame, and the table that says where each one lies."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ahc_stream.core.encoding import BROKEN_STREAM, Cursor, put_varint
from ahc_stream.core.errors import CodecError


@dataclass(frozen=True)
class Unit:
    """One coded frame.

    payload:         the coded bytes, framing excluded.
    frame:           index of the frame in its clip; units come in coding order, frames in presentation order.
    type:            "I", "P" or "B".
    checksum:        XXH64 of the frame's symbols (`kernels.symbol_checksum`), where the codec codes symbols.
    estimated_bits:  the entropy model's own estimate, -log2 of the likelihoods; known to the encoder only.
    """

    payload: bytes
    frame: int
    type: str = "I"
    checksum: int | None = None
    estimated_bits: float | None = None


@dataclass(frozen=True)
class UnitEntry:
    """What a table says about one unit.

    One byte (bits 0-1: type, I P B as 0 1 2; bit 2: a checksum follows; bit 3: `frame` follows, for it is not the
    unit's place in coding order), `frame`, the payload's size, both LEB128, its CRC-32 and the checksum, little-endian.
    """

    size: int
    frame: int
    type: str
    crc: int
    checksum: int | None = None

    @classmethod
    def of(cls, unit: Unit) -> Self:
        return cls(len(unit.payload), unit.frame, unit.type, zlib.crc32(unit.payload), unit.checksum)

    def put(self, out: bytearray, place: int) -> None:
        """Appends the entry of the unit at `place` in coding order. Raises CodecError for a type without a code."""
        if self.type not in _TYPES:
            raise CodecError(f"a frame type of {', '.join(_TYPES)}", repr(self.type), "report this encoder")
        moved = self.frame != place
        out.append(_TYPES.index(self.type) | (self.checksum is not None) << 2 | moved << 3)
        if moved:
            put_varint(out, self.frame)
        put_varint(out, self.size)
        out += _CRC.pack(self.crc)
        if self.checksum is not None:
            out += _CHECKSUM.pack(self.checksum)

    @classmethod
    def take(cls, cursor: Cursor, place: int) -> Self:
        """Reads what `put` wrote. Raises CodecError."""
        flags = cursor.take(1)[0]
        if flags & 3 >= len(_TYPES) or flags >> 4:
            raise CodecError("the flags of a coded frame", f"{flags:#04x}", BROKEN_STREAM)
        frame = cursor.varint() if flags & 8 else place
        size = cursor.varint()
        (crc,) = _CRC.unpack(cursor.take(_CRC.size))
        checksum = _CHECKSUM.unpack(cursor.take(_CHECKSUM.size))[0] if flags & 4 else None
        return cls(size, frame, _TYPES[flags & 3], crc, checksum)

    def unit(self, payload: bytes) -> Unit:
        """The unit with these bytes. Raises CodecError where they are not the ones that were written."""
        if len(payload) != self.size or zlib.crc32(payload) != self.crc:
            got = f"{len(payload)} bytes that fail their CRC"
            raise CodecError(f"an intact frame {self.frame} of {self.size} bytes", got, "fetch the file again")
        return Unit(payload, self.frame, self.type, self.checksum)


def put_units(out: bytearray, units: Sequence[Unit]) -> None:
    """Appends the number of units and the entry of each, in coding order."""
    put_varint(out, len(units))
    for place, unit in enumerate(units):
        UnitEntry.of(unit).put(out, place)


def take_entries(cursor: Cursor) -> tuple[UnitEntry, ...]:
    """Reads what `put_units` wrote. Raises CodecError, also where the units are not one for each frame."""
    entries = tuple(UnitEntry.take(cursor, place) for place in range(cursor.count()))
    frames = sorted(entry.frame for entry in entries)
    if frames != list(range(len(entries))):
        raise CodecError("one coded unit per frame", f"units for frames {frames}"[:200], BROKEN_STREAM)
    return entries


_TYPES = ("I", "P", "B")
_CRC = struct.Struct("<I")
_CHECKSUM = struct.Struct("<Q")
