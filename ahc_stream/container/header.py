"""The header of an `.ahc` file as data, and as bytes. `docs/container.md` is the standard for both."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Self

from ahc_stream.container.blocks import (
    BROKEN,
    CRC,
    MAGIC,
    VERSION,
    put_size,
    sized,
    take_mapping,
    take_size,
    take_text,
)
from ahc_stream.core.encoding import Cursor, put_value, put_varint
from ahc_stream.core.errors import CodecError
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.presentation import Presentation

MEDIA = ("stills", "video")
_TIME_BASE_LIMIT = 2**31  # of its two numbers, as FFmpeg holds them


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
    about:          of the input, where there is something to say: "notes", a list of sentences, and how a player was
                    asked to show it (`core.presentation`).
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
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed about the input, or assumed."""
        notes = self.about.get("notes", [])
        return tuple(map(str, notes)) if isinstance(notes, list) else ()

    @property
    def presentation(self) -> Presentation:
        """How a player was asked to show the input."""
        return Presentation.from_values(self.about)

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
        put_size(out, self.height, self.width)
        put_value(out, self.shared)
        if self.about:
            put_value(out, self.about)
        whole = MAGIC + bytes([VERSION]) + sized(out)
        return whole + CRC.pack(zlib.crc32(whole))

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """The fields, as `to_bytes` wrote them. Raises CodecError."""
        cursor = Cursor(body)
        medium = _medium(cursor.varint())
        codec, source, device, colour = (take_text(cursor) for _ in range(4))
        point = _point(codec, cursor.value(), take_mapping(cursor))
        time_base = _time_base(cursor.varint(), cursor.varint())
        height, width = take_size(cursor)
        shared = take_mapping(cursor)
        about = take_mapping(cursor) if cursor.at < len(body) else {}
        cursor.end()
        return cls(point, medium, source, device, time_base, height, width, shared, colour, about)


def _medium(number: int) -> str:
    if number >= len(MEDIA):
        raise CodecError(f"a medium of {', '.join(MEDIA)}", f"number {number}", BROKEN)
    return MEDIA[number]


def _time_base(numerator: int, denominator: int) -> Fraction:
    if not (0 < numerator < _TIME_BASE_LIMIT and 0 < denominator < _TIME_BASE_LIMIT):
        got = f"{numerator}/{denominator} seconds"
        raise CodecError("a time base above zero, of two numbers of 31 bits", got, BROKEN)
    return Fraction(numerator, denominator)


def _point(codec: str, quality: Any, options: Mapping[str, Any]) -> OperatingPoint:
    numeric = quality is None or (isinstance(quality, (int, float)) and not isinstance(quality, bool))
    if not numeric or not all(isinstance(value, str) for value in options.values()):
        raise CodecError("a quality and options as text", f"{shown(quality)}, {shown(options)}", BROKEN)
    return OperatingPoint(codec, quality, tuple(sorted(options.items())))
