"""One clip at one operating point: what was coded, how large it became, what came back."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError


@dataclass(frozen=True)
class OperatingPoint:
    """A codec with its knob and its options: the key of a curve's dot.

    quality:  the codec's own knob (CRF, QP, JPEG quality, zoo index); None where there is none (identity).
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
        quality = "" if self.quality is None else f"@{self.quality:g}"
        options = f":{self.options_text}" if self.options else ""
        return f"{self.codec}{quality}{options}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(":", "\\:")


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
        share, rest = divmod(8 * len(self.to_bytes()) - sum(payload), len(payload))
        return tuple(bits + share + (index < rest) for index, bits in enumerate(payload))

    def to_bytes(self) -> bytes:
        """magic, version, length and CRC-32 of the header; header as JSON; the payloads, back to back."""
        header = {
            "codec": self.codec,
            "header": self.header,
            "units": [[len(u.payload), u.frame, u.type, u.checksum, zlib.crc32(u.payload)] for u in self.units],
        }
        text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
        return _PREFIX.pack(_MAGIC, len(text), zlib.crc32(text)) + text + b"".join(u.payload for u in self.units)

    @classmethod
    def from_bytes(cls, data: bytes) -> Bitstream:
        """The bitstream that `to_bytes` wrote. Raises CodecError for anything else, a flipped bit included."""
        if len(data) < _PREFIX.size or data[: len(_MAGIC)] != _MAGIC:
            raise CodecError("a bitstream of ahc-stream", f"bytes that begin {data[:8]!r}", "check the file")
        _, size, crc = _PREFIX.unpack_from(data)
        text = data[_PREFIX.size : _PREFIX.size + size]
        if len(text) != size or zlib.crc32(text) != crc:
            raise CodecError("an intact header", "a header that fails its CRC", "fetch the file again")
        header = json.loads(text)
        return cls(header["codec"], header["header"], tuple(_units(header["units"], data, _PREFIX.size + size)))


_MAGIC = b"AHCS\x01"
_PREFIX = struct.Struct("<5sII")


def _units(index: Sequence[Sequence[Any]], data: bytes, at: int) -> list[Unit]:
    units = []
    for size, frame, kind, checksum, crc in index:
        payload = data[at : at + size]
        if len(payload) != size or zlib.crc32(payload) != crc:
            raise CodecError(f"an intact frame {frame}", "bytes that fail their CRC", "fetch the file again")
        units.append(Unit(payload, frame, kind, checksum))
        at += size
    if at != len(data):
        raise CodecError(f"{at} bytes", f"{len(data)} bytes", "fetch the file again")
    return units


@dataclass(frozen=True, eq=False)
class Trial:
    """One clip at one operating point. Seconds are wall time of the whole clip, the device synchronised."""

    reference: Clip
    decoded: Clip
    bitstream: Bitstream
    point: OperatingPoint
    encode_seconds: float
    decode_seconds: float
