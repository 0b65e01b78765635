"""One coded frame, and its entry: everything about it but its bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Self

from ahc_stream.core.encoding import BROKEN_STREAM, Cursor, put_varint
from ahc_stream.core.errors import CodecError

UNSET = -1


@dataclass(frozen=True)
class Unit:
    """One coded frame.

    payload:         the coded bytes, framing excluded.
    frame:           number of the frame in its stream; units come in coding order, frames in presentation order.
    type:            "I", "P" or "B".
    key:             a decoder may begin here: nothing from here on refers to an earlier frame. None: as I frames do.
    parts:           sizes in bytes of the strings that make up the payload; empty where it is one.
    checksum:        XXH64 of the frame's symbols (`kernels.checksum`), where the codec codes symbols.
    estimated_bits:  the entropy model's own estimate, -log2 of the likelihoods; known to the encoder only.
    crc:             CRC-32 of the payload as its encoder wrote it; computed where it is not given.
    """

    payload: bytes
    frame: int
    type: str = "I"
    _: KW_ONLY
    key: bool | None = None
    parts: tuple[int, ...] = ()
    checksum: int | None = None
    estimated_bits: float | None = None
    crc: int = UNSET

    def __post_init__(self) -> None:
        if self.key is None:
            object.__setattr__(self, "key", self.type == "I")
        if self.crc == UNSET:
            object.__setattr__(self, "crc", zlib.crc32(self.payload))

    def check(self) -> None:
        """Raises CodecError where the payload is not the one that was written. FFmpeg's decoders hide much damage."""
        if zlib.crc32(self.payload) != self.crc:
            got = f"{len(self.payload)} bytes that fail their CRC"
            raise CodecError(f"an intact frame {self.frame}", got, "fetch the file again")


@dataclass(frozen=True)
class UnitEntry:
    """What stands in front of a payload, or in a table of payloads.

    One byte of flags: bits 0-1 the type, I P B as 0 1 2; bit 2: a checksum follows; bit 3: `frame` follows, for it is
    not the unit's place in coding order; bit 4: the sizes of parts follow; bit 5: it is not a key as its type has it (I
    frames are keys, others are not). Then `frame`; the payload's size, or the number of parts and the size of each, all
    LEB128; the CRC-32 and the checksum, little-endian.
    """

    size: int
    frame: int
    type: str
    key: bool
    parts: tuple[int, ...]
    crc: int
    checksum: int | None

    @classmethod
    def of(cls, unit: Unit) -> Self:
        """The entry of a unit. Raises CodecError where its parts are not the whole payload."""
        if unit.parts and sum(unit.parts) != len(unit.payload):
            got = f"parts of {unit.parts} bytes in {len(unit.payload)}"
            raise CodecError(f"parts that fill frame {unit.frame}", got, "report this encoder")
        return cls(len(unit.payload), unit.frame, unit.type, bool(unit.key), unit.parts, unit.crc, unit.checksum)

    def put(self, out: bytearray, index: int) -> None:
        """Appends the entry of the unit at `index` in coding order. Raises CodecError for a type without a code."""
        if self.type not in _TYPES:
            raise CodecError(f"a frame type of {', '.join(_TYPES)}", repr(self.type), "report this encoder")
        moved, unusual = self.frame != index, self.key != (self.type == "I")
        has_checksum, has_parts = self.checksum is not None, bool(self.parts)
        out.append(_TYPES.index(self.type) | has_checksum << 2 | moved << 3 | has_parts << 4 | unusual << 5)
        if moved:
            put_varint(out, self.frame)
        for number in (len(self.parts), *self.parts) if self.parts else (self.size,):
            put_varint(out, number)
        out += _CRC.pack(self.crc)
        if self.checksum is not None:
            out += _CHECKSUM.pack(self.checksum)

    @classmethod
    def take(cls, cursor: Cursor, index: int) -> Self:
        """Reads what `put` wrote. Raises CodecError."""
        flags = cursor.take(1)[0]
        if flags & 3 >= len(_TYPES) or flags >> 6:
            raise CodecError("the flags of a coded frame", f"{flags:#04x}", BROKEN_STREAM)
        kind = _TYPES[flags & 3]
        frame = cursor.varint() if flags & 8 else index
        parts = tuple(cursor.varint() for _ in range(cursor.count())) if flags & 16 else ()
        size = sum(parts) if flags & 16 else cursor.varint()
        (crc,) = _CRC.unpack(cursor.take(_CRC.size))
        checksum = _CHECKSUM.unpack(cursor.take(_CHECKSUM.size))[0] if flags & 4 else None
        return cls(size, frame, kind, (kind == "I") != bool(flags & 32), parts, crc, checksum)

    def unit(self, payload: bytes) -> Unit:
        """The unit with these bytes. Raises CodecError where they are not the ones that were written."""
        unit = Unit(
            payload, self.frame, self.type, key=self.key, parts=self.parts, checksum=self.checksum, crc=self.crc
        )
        unit.check()
        return unit


def entry_size(unit: Unit, index: int) -> int:
    """Bytes of the entry of the unit at `index` in coding order."""
    out = bytearray()
    UnitEntry.of(unit).put(out, index)
    return len(out)


def put_units(out: bytearray, units: Sequence[Unit]) -> None:
    """Appends the number of units and the entry of each, in coding order."""
    put_varint(out, len(units))
    for index, unit in enumerate(units):
        UnitEntry.of(unit).put(out, index)


def take_entries(cursor: Cursor) -> tuple[UnitEntry, ...]:
    """Reads what `put_units` wrote. Raises CodecError, also where the units are not one for each frame."""
    entries = tuple(UnitEntry.take(cursor, index) for index in range(cursor.count()))
    check_frames([entry.frame for entry in entries], BROKEN_STREAM)
    return entries


def check_frames(frames: Sequence[int], todo: str) -> None:
    """Raises CodecError where the numbers are not 0, 1, 2 ... in some order."""
    if sorted(frames) != list(range(len(frames))):
        raise CodecError("one coded unit per frame", f"units for frames {sorted(frames)}"[:200], todo)


_TYPES = ("I", "P", "B")
_CRC = struct.Struct("<I")
_CHECKSUM = struct.Struct("<Q")
