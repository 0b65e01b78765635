"""The size that a coded still claims, of the formats whose decoders make room for it before they look at ours."""

from __future__ import annotations

import struct
from collections.abc import Callable

from ahc_stream.codecs.traditional.pixels import Samples

CheckSize = Callable[[bytes, Samples], None]
"""(payload, uint8 [H, W, 3] to decode into). Raises ValueError where the payload claims another size."""

_SIZ = struct.Struct(">4s 2x 2x 4I 16x H")
"""JPEG 2000, ISO 15444-1, A.4.1 and A.5.1: markers SOC and SIZ, Lsiz, Rsiz, Xsiz, Ysiz, XOsiz, YOsiz, tiles, Csiz."""

_SOC_SIZ = b"\xff\x4f\xff\x51"
_ISPE = struct.Struct(">4s 4x 2I")
"""AVIF, ISO 23008-12, 6.5.3: type of the box, version and flags, width, height."""


def check_jpeg2000(payload: bytes, into: Samples) -> None:
    """Of a bare codestream, which is what our encoder writes."""
    if len(payload) < _SIZ.size:
        raise ValueError(f"{len(payload)} bytes")
    markers, right, below, left, above, components = _SIZ.unpack_from(payload)
    if markers != _SOC_SIZ:
        raise ValueError("no codestream of JPEG 2000")
    _check((below - above, right - left, components), into)


def check_avif(payload: bytes, into: Samples) -> None:
    """By the first property of spatial extents, of a single picture. libavif itself refuses 2^28 pixels."""
    at = payload.find(b"ispe")
    if not 0 <= at <= len(payload) - _ISPE.size:
        raise ValueError("no size of a picture")
    _, width, height = _ISPE.unpack_from(payload, at)
    _check((height, width, into.shape[2]), into)


def _check(shape: tuple[int, int, int], into: Samples) -> None:
    if shape != into.shape:
        raise ValueError(f"a picture of {shape}, for {into.shape}")
