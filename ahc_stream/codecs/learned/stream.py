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
from torch import Tensor

from ahc_stream.codecs.entropy.coder import DamagedString
from ahc_stream.codecs.learned.arithmetic import FLOAT32
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.padding import Padding
from ahc_stream.codecs.learned.priors import Coded
from ahc_stream.core.errors import CodecError, EntropyDesync
from ahc_stream.core.unit import Unit
from ahc_stream.kernels import symbol_checksum

_OTHER = "make the codec that the header names, with the weights it was written with"
_BROKEN = "fetch the stream again, or report its encoder"


def header_of(
    model: Model, padding: Padding, latent: tuple[int, int], terms: Mapping[str, Any] = FLOAT32
) -> Mapping[str, Any]:
    """The header of a stream.

    latent:  shape (h, w) of the latent that is decoded first.
    terms:   `Prior.terms`, and what else decides the bits.
    """
    return {
        **model.identity,
        **FLOAT32,
        **terms,
        "device": model.device.type,
        "size": [padding.height, padding.width],
        "padding": list(padding.sides),  # left, right, top, bottom
        "latent": list(latent),
    }


def unit_of(frame: int, kind: str, coded: Sequence[Coded]) -> Unit:
    """The unit of a frame: its type and its coded latents, in coding order."""
    strings = [string for each in coded for string in each.strings]
    bits = sum(each.bits for each in coded if each.bits is not None)
    sizes = tuple(map(len, strings))
    return Unit(b"".join(strings), frame, kind, parts=sizes, checksum=checksum(coded), estimated_bits=bits)


def checksum(coded: Sequence[Coded]) -> int:
    """XXH64 of a frame's symbols, all its latents together."""
    return symbol_checksum(torch.cat([each.symbols for each in coded]).contiguous())


def geometry_of(
    header: Mapping[str, Any], model: Model, multiple: int, stride: int, terms: Mapping[str, str] = FLOAT32
) -> tuple[Padding, tuple[int, int]]:
    """The padding and the shape of the first latent, once the header is this model's. Raises CodecError, naming which part is not.

    multiple, stride:  what this codec pads to, and pixels per position of the latent that is decoded first.
    """
    for name, ours in {**model.identity, **terms}.items():
        if header.get(name) != ours:
            raise CodecError(f"a stream whose {name} is {ours!r}", repr(header.get(name)), _OTHER)
    padding = Padding(*_size(header), multiple)
    latent = padding.padded[0] // stride, padding.padded[1] // stride
    for name, ours in {"padding": list(padding.sides), "latent": list(latent)}.items():
        if header.get(name) != ours:
            got = repr(header.get(name))
            raise CodecError(f"{name} {ours} for {padding.height} x {padding.width} pixels", got, _BROKEN)
    return padding, latent


def _size(header: Mapping[str, Any]) -> tuple[int, int]:
    size = header.get("size")
    if not (isinstance(size, (list, tuple)) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)):
        raise CodecError("a size [height, width] in pixels", repr(size), _BROKEN)
    return size[0], size[1]


def strings_of(unit: Unit, count: int) -> tuple[bytes, ...]:
    """The `count` strings of a unit. Raises CodecError where its parts are not as many, or do not fill it."""
    if len(unit.parts) != count or sum(unit.parts) != len(unit.payload):
        got = f"parts of {unit.parts} bytes for a payload of {len(unit.payload)}"
        raise CodecError(f"{count} strings that fill frame {unit.frame}", got, _BROKEN)
    ends = accumulate(unit.parts)
    return tuple(unit.payload[end - size : end] for end, size in zip(ends, unit.parts, strict=True))


@contextmanager
def naming_frames(frames: Sequence[int]) -> Iterator[None]:
    """Turns a coder's DamagedString into an EntropyDesync that says which frame: `frames`, by place in the batch."""
    try:
        yield
    except DamagedString as error:
        raise EntropyDesync(f"{error.expected} in frame {frames[error.place]}", error.got, error.todo) from error


def verify(header: Mapping[str, Any], unit: Unit, coded: Sequence[Coded], device: torch.device) -> None:
    """Raises EntropyDesync, naming the frame, where the decoded symbols are not those that the encoder coded.

    A unit without a checksum, which only a file of CompressAI's gives, cannot be verified.
    """
    if unit.checksum is None:
        return
    found = checksum(coded)
    if unit.checksum != found:
        expected = f"symbols of frame {unit.frame} with checksum {unit.checksum}"
        written, here = header.get("device"), device.type
        todo = "fetch the stream again" if written == here else f"decode it on a {written} device, where it was written"
        raise EntropyDesync(expected, f"checksum {found}", todo)


def blank(count: int, padding: Padding, device: torch.device) -> Tensor:
    """Room for decoded frames: uint8 [count, 3, height, width], not initialised."""
    return torch.empty((count, 3, padding.height, padding.width), dtype=torch.uint8, device=device)
