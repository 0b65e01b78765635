"""One clip at one operating point: what was coded, how large it became, what came back."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ahc_stream.core.clip import Clip
from ahc_stream.core.encoding import Cursor, put_text, put_value, put_varint
from ahc_stream.core.errors import CodecError
from ahc_stream.core.quality import quality_text
from ahc_stream.core.unit import Unit, put_units, take_entries


@dataclass(frozen=True)
class OperatingPoint:
    """A codec with its knob and its options: the key of a curve's dot.

    quality:  the codec's own knob (CRF, QP, JPEG quality, zoo index), or the bit rate in kbit/s where the option
              `control` is `bitrate`; None where there is none (identity).
    options:  every encoder option that moves the curve (preset, subsampling, GOP ...), sorted, defaults included.
    """

    codec: str
    quality: float | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def options_text(self) -> str:
        """`gop=32:preset=medium`, the form that tables store and the command line reads back; a colon within is escaped."""
        return ":".join(f"{name}={_escaped(value)}" for name, value in self.options)

    def __str__(self) -> str:
        quality = "" if self.quality is None else f"@{quality_text(self.quality, self.options_text)}"
        options = f":{self.options_text}" if self.options else ""
        return f"{self.codec}{quality}{options}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(":", "\\:")


@dataclass(frozen=True)
class Bitstream:
    """A coded clip. `header` holds what decoding needs beside the units, as JSON values (sizes, padding, strings' split).

    Three rates stay apart. Payload: the units' bytes. Container: everything `to_bytes` writes, the framing shared
    evenly among the frames. Estimated: what the entropy model predicted, where there is one.
    """

    codec: str
    header: Mapping[str, Any]
    units: tuple[Unit, ...]
    _by_frame: tuple[Unit, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_frame = tuple(sorted(self.units, key=lambda unit: unit.frame))
        if [unit.frame for unit in by_frame] != list(range(len(by_frame))):
            raise CodecError(
                "one coded unit per frame", f"units for frames {[u.frame for u in by_frame]}", "report this encoder"
            )
        object.__setattr__(self, "_by_frame", by_frame)

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
        """Payload plus an even share of the framing; sums to 8 * len(to_bytes())."""
        payload = self.payload_bits
        share, rest = divmod(8 * len(self._framing()), len(payload))
        return tuple(bits + share + (index < rest) for index, bits in enumerate(payload))

    def to_bytes(self) -> bytes:
        """Magic, version, CRC-32 and size of the head; the head: codec, header and table of units; the payloads."""
        return self._framing() + b"".join(unit.payload for unit in self.units)

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
        codec, header, entries = head.text(), head.value(), take_entries(head)
        head.end()
        units = tuple(entry.unit(cursor.take(entry.size)) for entry in entries)
        cursor.end()
        return cls(codec, header, units)

    def _framing(self) -> bytes:
        """Everything but the payloads, which follow it."""
        head, sized = bytearray(), bytearray()
        put_text(head, self.codec)
        put_value(head, self.header)
        put_units(head, self.units)
        put_varint(sized, len(head))
        return _PREFIX.pack(_MAGIC, zlib.crc32(sized + head)) + sized + head


_MAGIC = b"AHCB\x02"
_PREFIX = struct.Struct("<5sI")


@dataclass(frozen=True, eq=False)
class Trial:
    """One clip at one operating point. Seconds are wall time of the whole clip, the device synchronised."""

    reference: Clip
    decoded: Clip
    bitstream: Bitstream
    point: OperatingPoint
    encode_seconds: float
    decode_seconds: float
