"""Files of CompressAI's codec example (examples/codec.py), releases 1.2.6 to 1.2.8. All numbers are big-endian.

    model id u8; metric in the upper and quality - 1 in the lower four bits u8; height u32; width u32; bit depth u8
    video only: number of frames u32
    bodies, one for a picture or a video's first frame, two (motion, residual) for every other frame:
        height and width of the latent z (of y for the factorized prior) u32 u32; number of strings u32;
        for each string: size u32, bytes

There is no magic, no checksum and no hash of the weights: a file is known by filling its own sizes exactly, and wrong
weights give a wrong picture. The ids moved between releases; those of other releases are not read.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.encoding import Cursor
from ahc_stream.core.errors import CodecError


@dataclass(frozen=True)
class FileModel:
    """A model as such files have it.

    number:    its id.
    strings:   of one latent: y and z, or y alone.
    is_video:  whether the file has frames of video.
    """

    number: int
    strings: int = 2
    is_video: bool = False


MODELS: Mapping[str, FileModel] = {
    "bmshj2018-factorized": FileModel(0, strings=1),
    "bmshj2018-hyperprior": FileModel(2),
    "mbt2018-mean": FileModel(3),
    "mbt2018": FileModel(4),
    "cheng2020-anchor": FileModel(5),
    "cheng2020-attn": FileModel(6),
    "ssf2020": FileModel(13, is_video=True),
}
"""By the name of the codec."""

METRICS: Mapping[str, int] = {"mse": 0, "ms-ssim": 1}
NUMERICS: Mapping[str, str] = {"order": "raster", "arithmetic": "float32", "transforms": "compressai"}
"""What its decoder takes for granted, as a bitstream's header has it."""

BIT_DEPTH = 8
LONGEST_SIDE = 65_535

_FRONT = struct.Struct(">BBIIB")
_NUMBER = struct.Struct(">I")
_TODO = "check the file; those of other releases of CompressAI have other ids"


@dataclass(frozen=True)
class Body:
    """One latent: the shape (h, w) of what is decoded first, and its strings: y and z, or y alone."""

    shape: tuple[int, int]
    strings: tuple[bytes, ...]


@dataclass(frozen=True)
class CompressaiFile:
    """One picture, or one GOP of video. `frames` has each frame's bodies, in order."""

    codec: str
    quality: int
    metric: str
    height: int
    width: int
    frames: tuple[tuple[Body, ...], ...]

    @classmethod
    def of(cls, bitstream: Bitstream) -> Self:
        """The file for what a learned codec wrote. Raises CodecError for what such a file cannot hold."""
        header, codec = bitstream.header, bitstream.codec
        if codec not in MODELS:
            known = ", ".join(MODELS)
            raise CodecError(f"a codec of CompressAI's files ({known})", codec, "write an .ahc file")
        _check_numerics(header)
        _check_frames(codec, bitstream.frame_types)
        frames = tuple(_bodies(bitstream, index) for index in range(len(bitstream.units)))
        height, width = header["size"]
        return cls(codec, header["quality"], header["metric"], height, width, frames)

    def to_bytes(self) -> bytes:
        """The file."""
        model, code = MODELS[self.codec], METRICS[self.metric] << 4 | self.quality - 1
        out = bytearray(_FRONT.pack(model.number, code, self.height, self.width, BIT_DEPTH))
        if model.is_video:
            out += _NUMBER.pack(len(self.frames))
        for bodies in self.frames:
            for body in bodies:
                _put_body(out, body)
        return bytes(out)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The file's content. Raises CodecError where the bytes are not exactly one such file."""
        cursor = Cursor(data)
        number, code, height, width, depth = _FRONT.unpack(cursor.take(_FRONT.size))
        codec = _named({name: model.number for name, model in MODELS.items()}, number, "a model id")
        metric = _named(METRICS, code >> 4, "a metric id")
        if depth != BIT_DEPTH or not 0 < height <= LONGEST_SIDE or not 0 < width <= LONGEST_SIDE:
            expected = f"a picture of {BIT_DEPTH} bits, at most {LONGEST_SIDE} pixels a side"
            raise CodecError(expected, f"{width}x{height}, {depth}", _TODO)
        count = _number(cursor, len(data)) if MODELS[codec].is_video else 1
        frames = tuple(_take_bodies(cursor, codec, 2 if index else 1) for index in range(count))
        cursor.end()
        return cls(codec, (code & 15) + 1, metric, height, width, frames)

    @property
    def is_video(self) -> bool:
        """Whether its codec is one of video."""
        return MODELS[self.codec].is_video

    @property
    def header(self) -> Mapping[str, Any]:
        """What it says of a stream's header: size and first latent."""
        return {"size": [self.height, self.width], "latent": list(self.frames[0][0].shape)}


def _check_numerics(header: Mapping[str, Any]) -> None:
    for name, value in NUMERICS.items():
        if header.get(name, value) != value:
            got = f"{name}={header[name]}, with which its decoder may lose the string"
            raise CodecError(f"CompressAI's {name}, {value}", got, f"encode with {name}={value}")


def _check_frames(codec: str, types: tuple[str, ...]) -> None:
    is_video = MODELS[codec].is_video
    expected = ("I",) + ("P",) * (len(types) - 1) if is_video else ("I",)
    if types != expected:
        content = "one GOP: an I frame, then P frames" if is_video else "one picture"
        got = f"{len(types)} frames, {types.count('I')} of them I frames"
        raise CodecError(f"{content}, for a file of CompressAI's", got, "encode it alone, or write an .ahc file")


def _bodies(bitstream: Bitstream, index: int) -> tuple[Body, ...]:
    """Those of one unit."""
    unit = bitstream.units[index]
    cursor = Cursor(unit.payload)
    strings = [cursor.take(size) for size in unit.parts]
    count = MODELS[bitstream.codec].strings
    height, width = bitstream.header["latent"]
    return tuple(Body((height, width), tuple(strings[i : i + count])) for i in range(0, len(strings), count))


def _put_body(out: bytearray, body: Body) -> None:
    for number in (*body.shape, len(body.strings)):
        out += _NUMBER.pack(number)
    for string in body.strings:
        out += _NUMBER.pack(len(string)) + string


def _take_bodies(cursor: Cursor, codec: str, count: int) -> tuple[Body, ...]:
    return tuple(_take_body(cursor, codec) for _ in range(count))


def _take_body(cursor: Cursor, codec: str) -> Body:
    shape = _number(cursor, LONGEST_SIDE), _number(cursor, LONGEST_SIDE)
    expected = MODELS[codec].strings
    count = _number(cursor, expected)
    if count != expected:
        raise CodecError(f"{expected} strings of {codec}", f"{count}", _TODO)
    return Body(shape, tuple(_take_string(cursor) for _ in range(count)))


def _take_string(cursor: Cursor) -> bytes:
    (size,) = _NUMBER.unpack(cursor.take(_NUMBER.size))
    return cursor.take(size)


def _number(cursor: Cursor, most: int) -> int:
    number: int
    (number,) = _NUMBER.unpack(cursor.take(_NUMBER.size))
    if not 0 < number <= most:
        raise CodecError(f"a number from 1 to {most}", f"{number}", _TODO)
    return number


def _named(numbers: Mapping[str, int], number: int, kind: str) -> str:
    for name, known in numbers.items():
        if known == number:
            return name
    listed = ", ".join(f"{name} ({known})" for name, known in numbers.items())
    raise CodecError(f"{kind} of {listed}", f"{number}", _TODO)
