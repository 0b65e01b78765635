"""A coded stream held whole, and its bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ahc_stream.core.encoding import Cursor, put_text, put_value, put_varint
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit, UnitEntry, check_frames, entry_size


@dataclass(frozen=True)
class Bitstream:
    """A coded stream, held whole, or coded stills. `header` holds what decoding needs beside the units, as JSON values.

    Three rates stay apart. Payload: the units' bytes. Container: everything `to_bytes` writes; what is not of one frame
    is charged to the first. Estimated: what the entropy model predicted, where there is one.
    """

    codec: str
    header: Mapping[str, Any]
    units: tuple[Unit, ...]
    _by_frame: tuple[Unit, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_frames([unit.frame for unit in self.units], "report this encoder")
        object.__setattr__(self, "_by_frame", tuple(sorted(self.units, key=lambda unit: unit.frame)))

    @property
    def frame_types(self) -> tuple[str, ...]:
        """Type of each frame, in presentation order."""
        return tuple(unit.type for unit in self._by_frame)

    @property
    def payload_bits(self) -> tuple[int, ...]:
        """Coded bits of each frame, in presentation order."""
        return tuple(8 * len(unit.payload) for unit in self._by_frame)

    @property
    def estimated_bits(self) -> tuple[float | None, ...]:
        """Estimated bits of each frame, in presentation order; None where the codec has no entropy model."""
        return tuple(unit.estimated_bits for unit in self._by_frame)

    @property
    def container_bits(self) -> tuple[int, ...]:
        """Bits of each frame with its framing, in presentation order; they sum to 8 * len(to_bytes())."""
        bits = {unit.frame: container_bits(self.codec, self.header, unit, i) for i, unit in enumerate(self.units)}
        return tuple(bits[frame] for frame in range(len(self.units)))

    def to_bytes(self) -> bytes:
        """Magic, CRC-32, size and body of the head (codec and header); entry and payload of each unit in coding order;
        an end mark and the CRC-32 of head and entries. So a stream can be written while it is coded."""
        out = bytearray(_head(self.codec, self.header))
        crc = zlib.crc32(out)
        for index, unit in enumerate(self.units):
            entry = bytearray()
            UnitEntry.of(unit).put(entry, index)
            crc = zlib.crc32(entry, crc)
            out += entry + unit.payload
        return bytes(out) + _END + _CRC.pack(crc)

    @classmethod
    def from_bytes(cls, data: bytes) -> Bitstream:
        """The bitstream that `to_bytes` wrote. Raises CodecError for anything else, a flipped bit included."""
        if len(data) < _PREFIX.size or not data.startswith(_MAGIC):
            raise CodecError("a bitstream of ahc-stream", f"bytes that begin {data[:8]!r}", "check the file")
        (crc,) = _PREFIX.unpack_from(data)[1:]
        cursor = Cursor(data, _PREFIX.size)
        head = Cursor(cursor.take(cursor.varint()))
        if zlib.crc32(data[_PREFIX.size : cursor.at]) != crc:
            raise CodecError("an intact header", "a header that fails its CRC", "fetch the file again")
        codec, header = head.text(), head.value()
        head.end()
        units: list[Unit] = []
        crc = zlib.crc32(data[: cursor.at])
        while data[cursor.at : cursor.at + 1] != _END:
            start = cursor.at
            entry = UnitEntry.take(cursor, len(units))
            crc = zlib.crc32(data[start : cursor.at], crc)
            units.append(entry.unit(cursor.take(entry.size)))
        if cursor.take(len(_END) + _CRC.size)[len(_END) :] != _CRC.pack(crc):
            raise CodecError("an intact table of frames", "one that fails its CRC", "fetch the file again")
        cursor.end()
        return cls(codec, header, tuple(units))


def container_bits(codec: str, header: Mapping[str, Any], unit: Unit, index: int) -> int:
    """Bits of the unit at `index` in coding order within `Bitstream.to_bytes`; the first frame's hold head and end."""
    once = len(_head(codec, header)) + len(_END) + _CRC.size if unit.frame == 0 else 0
    return 8 * (once + entry_size(unit, index) + len(unit.payload))


def _head(codec: str, header: Mapping[str, Any]) -> bytes:
    body, sized = bytearray(), bytearray()
    put_text(body, codec)
    put_value(body, header)
    put_varint(sized, len(body))
    return _PREFIX.pack(_MAGIC, zlib.crc32(sized + body)) + sized + body


_MAGIC = b"AHCB\x03"
_END = b"\xff"  # no entry begins so: its upper bits are free
_PREFIX = struct.Struct("<5sI")
_CRC = struct.Struct("<I")
