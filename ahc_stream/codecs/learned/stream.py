"""The stream of a learned codec: what its header says, how a unit's payload splits into strings, what is verified.

A unit's payload is its strings, back to back, and nothing else, so that payload bits are what CompressAI's bpp counts.
Their sizes are the unit's parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import torch

from ahc_stream.codecs.entropy.coder import DamagedString
from ahc_stream.codecs.learned.arithmetic import FLOAT32
from ahc_stream.codecs.learned.codec import LearnedCodec
from ahc_stream.codecs.learned.coding import CodedLatent, WildLatent
from ahc_stream.codecs.learned.geometry import Geometry
from ahc_stream.codecs.learned.model import Model
from ahc_stream.core.device_kind import device_kind
from ahc_stream.core.errors import CodecError, EntropyDesync
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.unit import Unit
from ahc_stream.kernels.checksum import symbol_checksum

BROKEN = "fetch the stream again, or report its encoder"
_OTHER_CODEC = "make the codec that the header names, with the weights it was written with"


def header_of(model: Model, geometry: Geometry, numerics: Mapping[str, Any]) -> Mapping[str, Any]:
    """The header of a stream. `numerics`: what decides its bits beside the networks; float32 where it says nothing. One
    that a GPU writes says which kind of GPU, and which libraries chose its kernels."""
    padding = geometry.padding
    return {
        **model.identity,
        **FLOAT32,
        **numerics,
        "device": model.device.type,
        **device_kind(model.device),
        "size": [padding.height, padding.width],
        "padding": list(padding.sides),  # left, right, top, bottom
        "latent": list(geometry.latent),
    }


def geometry_of(header: Mapping[str, Any], codec: LearnedCodec, numerics: Mapping[str, str]) -> Geometry:
    """The geometry of a stream, once its header is the codec's. Raises CodecError, naming which part of it is not.

    numerics:  those that the codec holds itself to; others it may take from the stream.
    """
    for name, ours in {**codec.identity, **numerics}.items():
        if header.get(name) != ours:
            raise CodecError(f"a stream whose {name} is {ours!r}", shown(header.get(name)), _OTHER_CODEC)
    height, width = _size(header)
    geometry = codec.geometry(height, width)
    for name, numbers in {"padding": geometry.padding.sides, "latent": geometry.latent}.items():
        if header.get(name) != list(numbers):
            got = shown(header.get(name))
            raise CodecError(f"{name} {list(numbers)} for {height} x {width} pixels", got, BROKEN)
    return geometry


def _size(header: Mapping[str, Any]) -> tuple[int, int]:
    size = header.get("size")
    if not (isinstance(size, (list, tuple)) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)):
        raise CodecError("a size [height, width] in pixels", shown(size), BROKEN)
    height, width = size
    return height, width


def unit_of(frame: int, kind: str, latents: Sequence[CodedLatent]) -> Unit:
    """The unit of a frame: its type and its coded latents, in coding order."""
    strings = [string for latent in latents for string in latent.strings]
    bits = sum(latent.bits for latent in latents if latent.bits is not None)
    sizes = tuple(map(len, strings))
    return Unit(b"".join(strings), frame, kind, parts=sizes, checksum=checksum(latents), estimated_bits=bits)


def checksum(latents: Sequence[CodedLatent]) -> int:
    """XXH64 of a frame's symbols, all its latents together."""
    symbols = torch.cat([latent.symbols for latent in latents])
    number: int = symbol_checksum(symbols.contiguous())
    return number


def strings_of(unit: Unit, count: int) -> tuple[bytes, ...]:
    """The `count` strings of a unit. Raises CodecError where its parts are not as many, or do not fill it."""
    if len(unit.parts) != count or sum(unit.parts) != len(unit.payload):
        got = f"parts of {unit.parts} bytes for a payload of {len(unit.payload)}"
        raise CodecError(f"{count} strings that fill frame {unit.frame}", got, BROKEN)
    ends = accumulate(unit.parts)
    return tuple(unit.payload[end - size : end] for end, size in zip(ends, unit.parts, strict=True))


@contextmanager
def naming_frames(frames: Sequence[int], header: Mapping[str, Any], device: torch.device) -> Iterator[None]:
    """Turns a DamagedString into an EntropyDesync, and a WildLatent into a CodecError, that say which frame: `frames`,
    by index in the batch. Where the stream was written elsewhere, it says that too: other last bits look like damage.
    """
    try:
        yield
    except WildLatent as error:
        raise CodecError(f"{error.expected} in frame {frames[error.index]}", error.got, error.todo) from error
    except DamagedString as error:
        todo = _written_elsewhere(header, device) or error.todo
        raise EntropyDesync(f"{error.expected} in frame {frames[error.index]}", error.got, todo) from error


def verify(header: Mapping[str, Any], unit: Unit, latents: Sequence[CodedLatent], device: torch.device) -> None:
    """Raises EntropyDesync, naming the frame, where the decoded symbols are not those that the encoder coded.

    A unit without a checksum, which only a file of CompressAI's gives, cannot be verified.
    """
    if unit.checksum is None:
        return
    decoded = checksum(latents)
    if unit.checksum != decoded:
        expected = f"symbols of frame {unit.frame} with checksum {unit.checksum}"
        todo = _written_elsewhere(header, device) or "fetch the stream again"
        raise EntropyDesync(expected, f"checksum {decoded}", todo)


def _written_elsewhere(header: Mapping[str, Any], device: torch.device) -> str | None:
    """What to do about a stream of another kind of device, or of one with other libraries; None where it is this one's.
    Headers of earlier versions, and of files that were made elsewhere, say less or nothing."""
    written, here = header.get("device"), device.type
    if written is None:
        return None
    if written != here:
        return f"decode it on a {shown(written)} device, where it was written"
    for name, ours in device_kind(device).items():
        theirs = header.get(name)
        if theirs is None:
            return f"decode it where it was written: a GPU that the stream does not name; this is {ours}"
        if theirs != ours:
            return f"decode it where it was written, with {shown(theirs)}; this is {ours}"
    return None
