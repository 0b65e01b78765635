"""The parts of an `.ahc` file as data, and as bytes. `docs/container.md` is the standard for both."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, Self

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.encoding import Cursor, put_signed, put_text, put_value, put_varint
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import UnitEntry, put_units, take_entries

MAGIC = b"\x89AHC\r\n\x1a\n"  # as PNG's: a transfer as text changes it
VERSION = 2
SEGMENT, INDEX = b"S", b"X"
FOOTER = struct.Struct("<Q4sI")  # offset of the index, END, CRC-32 of those twelve bytes
END = b"AHCE"
CRC = struct.Struct("<I")
MEDIA = ("stills", "video")
LONGEST_SIDE = 65_535
MOST_PIXELS = 2**30
BROKEN = "fetch the file again, or report its writer"


@dataclass(frozen=True)
class FileHeader:
    """What holds for the whole file.

    point:          codec, quality and options that wrote it.
    medium:         "video": frames of one recording, with times; "stills": pictures, each with a name.
    source:         what the input was called, without its suffix.
    device:         kind of device that encoded ("cpu", "cuda").
    time_base:      seconds per tick of the frames' times.
    height, width:  of the frames of the first segment, pixels, padding excluded.
    shared:         the header of the first segment's bitstream; the others say only how theirs differ.
    colour:         of the frames that decoding gives.
    """

    point: OperatingPoint
    medium: str
    source: str
    device: str
    time_base: Fraction
    height: int
    width: int
    shared: Mapping[str, Any]
    colour: str = "RGB, full range, 8 bits"

    def to_bytes(self) -> bytes:
        """Magic, version, size, fields, CRC-32 of all that."""
        out = bytearray()
        put_varint(out, MEDIA.index(self.medium))
        for text in (self.point.codec, self.source, self.device, self.colour):
            put_value(out, text)
        quality = self.point.quality
        put_value(out, int(quality) if quality is not None and quality == int(quality) else quality)
        put_value(out, dict(self.point.options))
        put_varint(out, self.time_base.numerator)
        put_varint(out, self.time_base.denominator)
        _put_size(out, self.height, self.width)
        put_value(out, self.shared)
        whole = MAGIC + bytes([VERSION]) + _sized(out)
        return whole + CRC.pack(zlib.crc32(whole))

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """The fields, as `to_bytes` wrote them. Raises CodecError."""
        cursor = Cursor(body)
        medium = _medium(cursor.varint())
        codec, source, device, colour = (_text(cursor.value()) for _ in range(4))
        point = _point(codec, cursor.value(), cursor.value())
        numerator, denominator = cursor.varint(), cursor.varint()
        if not numerator or not denominator:
            raise CodecError("a time base above zero", f"{numerator}/{denominator} seconds", BROKEN)
        height, width = _take_size(cursor)
        shared = _mapping(cursor.value())
        cursor.end()
        return cls(point, medium, source, device, Fraction(numerator, denominator), height, width, shared, colour)


@dataclass(frozen=True)
class Segment:
    """Frames that decode without any others, whole closed GOPs or stills: their bitstream, and what they are.

    ticks:  of video, presentation time of each frame in units of the file's time base, in presentation order.
    names:  of stills, the name of each.
    """

    bitstream: Bitstream
    height: int
    width: int
    ticks: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class SegmentHead:
    """What stands in front of a segment's payloads. `header` is whole: the file's shared values are in it."""

    height: int
    width: int
    header: Mapping[str, Any]
    ticks: tuple[int, ...]
    names: tuple[str, ...]
    entries: tuple[UnitEntry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def payload_size(self) -> int:
        """Bytes of the payloads that follow."""
        return sum(entry.size for entry in self.entries)

    def segment(self, codec: str, payloads: bytes) -> Segment:
        """The segment with its payloads, each held to its CRC-32. Raises CodecError."""
        cursor = Cursor(payloads)
        units = tuple(entry.unit(cursor.take(entry.size)) for entry in self.entries)
        cursor.end()
        return Segment(Bitstream(codec, self.header, units), self.height, self.width, self.ticks, self.names)


def head_to_bytes(segment: Segment, file: FileHeader, seed: int) -> bytes:
    """Mark, size, fields, CRC-32 from `seed` on."""
    out = bytearray()
    put_units(out, segment.bitstream.units)
    same_size = (segment.height, segment.width) == (file.height, file.width)
    put_varint(out, not same_size)
    if not same_size:
        _put_size(out, segment.height, segment.width)
    header = segment.bitstream.header
    put_value(out, {key: value for key, value in header.items() if key not in file.shared or file.shared[key] != value})
    put_value(out, [key for key in file.shared if key not in header])
    if file.medium == "video":
        _put_ticks(out, segment.ticks)
    else:
        for name in segment.names:
            put_text(out, name)
    return _block(SEGMENT, out, seed)


def head_from_body(body: bytes, file: FileHeader) -> SegmentHead:
    """The fields, as `head_to_bytes` wrote them. Raises CodecError."""
    cursor = Cursor(body)
    entries = take_entries(cursor)
    if not entries:
        raise CodecError("a segment of at least one frame", "none", BROKEN)
    height, width = _take_size(cursor) if cursor.varint() else (file.height, file.width)
    changed, absent = _mapping(cursor.value()), cursor.value()
    if not isinstance(absent, list) or not all(isinstance(key, str) for key in absent):
        raise CodecError("a list of absent keys", repr(absent)[:80], BROKEN)
    header = {key: value for key, value in {**file.shared, **changed}.items() if key not in absent}
    video = file.medium == "video"
    ticks = _take_ticks(cursor, len(entries)) if video else ()
    names = () if video else tuple(cursor.text() for _ in entries)
    cursor.end()
    return SegmentHead(height, width, header, ticks, names, entries)


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
    return _block(INDEX, out, seed)


def index_from_body(body: bytes) -> tuple[IndexEntry, ...]:
    """The entries, as `index_to_bytes` wrote them. Raises CodecError."""
    cursor = Cursor(body)
    entries = []
    for _ in range(cursor.count()):
        size, frames = cursor.varint(), cursor.varint()
        entries.append(IndexEntry(size, frames, *CRC.unpack(cursor.take(CRC.size))))
    cursor.end()
    return tuple(entries)


def footer(offset: int) -> bytes:
    """The last bytes of a finished file, which say where its index begins."""
    front = FOOTER.pack(offset, END, 0)[: -CRC.size]
    return front + CRC.pack(zlib.crc32(front))


def seed_of(number: int, header_crc: int) -> int:
    """Where the CRC-32 of segment `number` begins: no segment of another file, or of another place, passes for it."""
    return zlib.crc32(struct.pack("<Q", number), header_crc)


def _block(mark: bytes, body: bytearray, seed: int) -> bytes:
    whole = mark + _sized(body)
    return whole + CRC.pack(zlib.crc32(whole, seed))


def _sized(body: bytearray) -> bytes:
    out = bytearray()
    put_varint(out, len(body))
    return bytes(out + body)


def _put_size(out: bytearray, height: int, width: int) -> None:
    put_varint(out, height)
    put_varint(out, width)


def _take_size(cursor: Cursor) -> tuple[int, int]:
    height, width = cursor.varint(), cursor.varint()
    if not (0 < height <= LONGEST_SIDE and 0 < width <= LONGEST_SIDE and height * width <= MOST_PIXELS):
        raise CodecError(f"frames of up to {LONGEST_SIDE} pixels a side", f"{width} x {height}", BROKEN)
    return height, width


def _put_ticks(out: bytearray, ticks: Sequence[int]) -> None:
    """Second differences; those at the end that are zero are left out, which is all of them at a constant rate."""
    differences = _differences(_differences(ticks))
    while differences and differences[-1] == 0:
        differences.pop()
    put_varint(out, len(differences))
    for difference in differences:
        put_signed(out, difference)


def _differences(numbers: Iterable[int]) -> list[int]:
    numbers = list(numbers)
    return [after - before for before, after in zip([0, *numbers], numbers, strict=False)]


def _take_ticks(cursor: Cursor, count: int) -> tuple[int, ...]:
    stored = [cursor.signed() for _ in range(cursor.count())]
    if len(stored) > count:
        raise CodecError(f"times of {count} frames", f"{len(stored)}", BROKEN)
    ticks = tuple(accumulate(accumulate(stored + [0] * (count - len(stored)))))
    if max(map(abs, ticks)) >= 2**63:
        raise CodecError("times of 63 bits", "larger ones", BROKEN)
    return ticks


def _medium(number: int) -> str:
    if number >= len(MEDIA):
        raise CodecError(f"a medium of {', '.join(MEDIA)}", f"number {number}", BROKEN)
    return MEDIA[number]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise CodecError("text", repr(value)[:80], BROKEN)
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CodecError("a mapping", repr(value)[:80], BROKEN)
    return value


def _point(codec: str, quality: Any, options: Any) -> OperatingPoint:
    numeric = quality is None or (isinstance(quality, (int, float)) and not isinstance(quality, bool))
    if not numeric or not all(isinstance(value, str) for value in _mapping(options).values()):
        raise CodecError("a quality and options as text", f"{quality!r}, {options!r}"[:80], BROKEN)
    return OperatingPoint(codec, quality, tuple(sorted(options.items())))
