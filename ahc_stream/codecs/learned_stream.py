"""The bitstream of a learned codec: what its header says, how a unit's payload splits into strings, what is verified.

A unit's payload is its strings, back to back, and nothing else, so that payload bits are what CompressAI's bpp counts.
Their lengths are in the header.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.arithmetic import FLOAT32
from ahc_stream.codecs.entropy import DamagedString
from ahc_stream.codecs.learned_model import Model
from ahc_stream.codecs.padding import Padding
from ahc_stream.codecs.priors import Coded
from ahc_stream.core.errors import CodecError, EntropyDesync
from ahc_stream.core.trial import Bitstream, Unit
from ahc_stream.kernels import symbol_checksum

_OTHER = "make the codec that the header names, with the weights it was written with"
_BROKEN = "fetch the stream again, or report its encoder"


def pack(
    model: Model,
    padding: Padding,
    latent: tuple[int, int],
    frames: Sequence[tuple[str, list[Coded]]],
    terms: Mapping[str, str] = FLOAT32,
) -> Bitstream:
    """The bitstream of a clip: per frame its type and its coded latents, in presentation order.

    latent:  shape (h, w) of the latent that is decoded first.
    terms:   `Prior.terms`.
    """
    header = {
        **model.identity,
        **terms,
        "device": model.device.type,
        "size": [padding.height, padding.width],
        "padding": list(padding.sides),  # left, right, top, bottom
        "latent": list(latent),
        "strings": [[len(string) for each in coded for string in each.strings] for _, coded in frames],
    }
    units = [_unit(index, kind, coded) for index, (kind, coded) in enumerate(frames)]
    return Bitstream(model.codec, header, tuple(units))


def _unit(index: int, kind: str, coded: list[Coded]) -> Unit:
    payload = b"".join(string for each in coded for string in each.strings)
    return Unit(payload, index, kind, checksum(coded), sum(each.bits for each in coded if each.bits is not None))


def checksum(coded: Sequence[Coded]) -> int:
    """XXH64 of a frame's symbols, all its latents together."""
    return symbol_checksum(torch.cat([each.symbols for each in coded]).contiguous())


def unpack(
    bitstream: Bitstream, model: Model, multiple: int, stride: int, terms: Mapping[str, str] = FLOAT32
) -> tuple[Padding, tuple[int, int]]:
    """The padding and the shape of the first latent, once the header is this model's. Raises CodecError, naming which part is not.

    multiple, stride:  what this codec pads to, and pixels per position of the latent that is decoded first.
    """
    header = {"codec": bitstream.codec, **bitstream.header}
    for name, ours in {"codec": model.codec, **model.identity, **terms}.items():
        if header.get(name) != ours:
            raise CodecError(f"a stream whose {name} is {ours!r}", repr(header.get(name)), _OTHER)
    padding = Padding(*_size(header), multiple)
    latent = padding.padded[0] // stride, padding.padded[1] // stride
    for name, ours in {"padding": list(padding.sides), "latent": list(latent)}.items():
        if header.get(name) != ours:
            got = repr(header.get(name))
            raise CodecError(f"{name} {ours} for {padding.height} x {padding.width} pixels", got, _BROKEN)
    lengths = header.get("strings")
    if not isinstance(lengths, (list, tuple)) or len(lengths) != len(bitstream.units):
        raise CodecError(f"lengths of the strings of {len(bitstream.units)} units", repr(lengths)[:80], _BROKEN)
    return padding, latent


def _size(header: dict[str, Any]) -> tuple[int, int]:
    size = header.get("size")
    if not (isinstance(size, (list, tuple)) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)):
        raise CodecError("a size [height, width] in pixels", repr(size), _BROKEN)
    return size[0], size[1]


def strings_of(bitstream: Bitstream, position: int, count: int) -> tuple[bytes, ...]:
    """The `count` strings of the unit at a position in coding order. Raises CodecError where the lengths do not fit."""
    unit, lengths = bitstream.units[position], bitstream.header["strings"][position]
    if len(lengths) != count or any(length < 0 for length in lengths) or sum(lengths) != len(unit.payload):
        got = f"lengths {lengths} for a payload of {len(unit.payload)} bytes"
        raise CodecError(f"{count} strings that fill frame {unit.frame}", got, _BROKEN)
    ends = [sum(lengths[: i + 1]) for i in range(count)]
    return tuple(unit.payload[end - length : end] for end, length in zip(ends, lengths, strict=True))


@contextmanager
def naming_frames(frames: Sequence[int]) -> Iterator[None]:
    """Turns a coder's DamagedString into an EntropyDesync that says which frame: `frames`, by place in the batch."""
    try:
        yield
    except DamagedString as error:
        raise EntropyDesync(f"{error.expected} in frame {frames[error.place]}", error.got, error.todo) from error


def verify(bitstream: Bitstream, unit: Unit, coded: Sequence[Coded], device: torch.device) -> None:
    """Raises EntropyDesync, naming the frame, where the decoded symbols are not those that the encoder coded.

    A unit without a checksum, which only a file of CompressAI's gives, cannot be verified.
    """
    if unit.checksum is None:
        return
    found = checksum(coded)
    if unit.checksum != found:
        expected = f"symbols of frame {unit.frame} with checksum {unit.checksum}"
        written, here = bitstream.header.get("device"), device.type
        todo = "fetch the stream again" if written == here else f"decode it on a {written} device, where it was written"
        raise EntropyDesync(expected, f"checksum {found}", todo)


def blank(count: int, padding: Padding, device: torch.device) -> Tensor:
    """Room for decoded frames: uint8 [count, 3, height, width], not initialised."""
    return torch.empty((count, 3, padding.height, padding.width), dtype=torch.uint8, device=device)
