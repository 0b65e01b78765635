"""The segments of an `.ahc` file as data, and their heads as bytes. `docs/container.md` is the standard for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ahc_stream.container.blocks import BROKEN, SEGMENT, block, put_size, take_mapping, take_size
from ahc_stream.container.header import FileHeader
from ahc_stream.container.ticks import put_ticks, take_ticks
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.encoding import Cursor, put_text, put_value, put_varint
from ahc_stream.core.errors import CodecError
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.unit import UnitEntry, put_units, take_entries


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
        put_size(out, segment.height, segment.width)
    header = segment.bitstream.header
    changed = {key: value for key, value in header.items() if key not in file.shared or file.shared[key] != value}
    put_value(out, changed)
    put_value(out, [key for key in file.shared if key not in header])
    if file.medium == "video":
        put_ticks(out, segment.ticks)
    else:
        for name in segment.names:
            put_text(out, name)
    return block(SEGMENT, out, seed)


def head_from_body(body: bytes, file: FileHeader) -> SegmentHead:
    """The fields, as `head_to_bytes` wrote them. Raises CodecError."""
    cursor = Cursor(body)
    entries = take_entries(cursor)
    if not entries:
        raise CodecError("a segment of at least one frame", "none", BROKEN)
    height, width = take_size(cursor) if cursor.varint() else (file.height, file.width)
    changed, absent = take_mapping(cursor), cursor.value()
    if not isinstance(absent, list) or not all(isinstance(key, str) for key in absent):
        raise CodecError("a list of absent keys", shown(absent), BROKEN)
    left_out = set(absent)
    header = {key: value for key, value in {**file.shared, **changed}.items() if key not in left_out}
    is_video = file.medium == "video"
    ticks = take_ticks(cursor, len(entries)) if is_video else ()
    names = () if is_video else tuple(cursor.text() for _ in entries)
    cursor.end()
    return SegmentHead(height, width, header, ticks, names, entries)
