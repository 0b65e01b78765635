"""A decoder's first look at a bitstream."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ahc_stream.core.errors import CodecError
from ahc_stream.core.trial import Bitstream, Unit


def header_of(bitstream: Bitstream, codec: str) -> Mapping[str, Any]:
    """The header, where `codec` wrote it; else CodecError."""
    if bitstream.codec != codec:
        raise CodecError(f"a bitstream of {codec}", f"one of {bitstream.codec}", f"decode it with {bitstream.codec}")
    return bitstream.header


def crc_of(units: Sequence[Unit]) -> int:
    """CRC-32 of the payloads in coding order. FFmpeg's decoders hide much damage, so their streams carry it."""
    crc = 0
    for unit in units:
        crc = zlib.crc32(unit.payload, crc)
    return crc
