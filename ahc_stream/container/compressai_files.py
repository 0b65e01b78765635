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

MODEL_IDS = {
    "bmshj2018-factorized": 0,
    "bmshj2018-hyperprior": 2,
    "mbt2018-mean": 3,
    "mbt2018": 4,
    "cheng2020-anchor": 5,
    "cheng2020-attn": 6,
    "ssf2020": 13,
}
METRIC_IDS = {"mse": 0, "ms-ssim": 1}
VIDEO = frozenset({"ssf2020"})
BIT_DEPTH = 8

_FRONT = struct.Struct(">BBIIB")
_NUMBER = struct.Struct(">I")
_TODO = "check the file; those of other releases of CompressAI have other ids"

Shape = tuple[int, int]


@dataclass(frozen=True)
class Body:
    """One latent: the shape (h, w) of what is decoded first, and its strings (y, z; y alone for the factorized prior)."""

    shape: Shape
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
        if codec not in MODEL_IDS:
            known = ", ".join(MODEL_IDS)
            raise CodecError(f"a codec of CompressAI's files ({known})", codec, "write an .ahc file")
        if header.get("order", "raster") != "raster":
            raise CodecError("symbols in raster order", f"{header['order']} order", "encode with order=raster")
        if header.get("arithmetic", "float32") != "float32":
            got = f"{header['arithmetic']}, which its decoder may lose the string with"
            raise CodecError("CompressAI's arithmetic, float32", got, "encode with arithmetic=float32")
        if header.get("transforms", "compressai") != "compressai":
            raise CodecError("CompressAI's transforms", header["transforms"], "encode with transforms=compressai")
        _check_frames(codec, bitstream.frame_types)
        frames = tuple(_bodies(bitstream, place) for place in range(len(bitstream.units)))
        height, width = header["size"]
        return cls(codec, header["quality"], header["metric"], height, width, frames)

    def to_bytes(self) -> bytes:
        """The file."""
        code = METRIC_IDS[self.metric] << 4 | self.quality - 1
        out = bytearray(_FRONT.pack(MODEL_IDS[self.codec], code, self.height, self.width, BIT_DEPTH))
        if self.codec in VIDEO:
            out += _NUMBER.pack(len(self.frames))
        for body in (body for bodies in self.frames for body in bodies):
            for number in (*body.shape, len(body.strings)):
                out += _NUMBER.pack(number)
            for string in body.strings:
                out += _NUMBER.pack(len(string)) + string
        return bytes(out)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The file's content. Raises CodecError where the bytes are not exactly one such file."""
        cursor = Cursor(data)
        model, code, height, width, depth = _FRONT.unpack(cursor.take(_FRONT.size))
        codec = _named(MODEL_IDS, model, "a model id")
        metric = _named(METRIC_IDS, code >> 4, "a metric id")
        if depth != BIT_DEPTH or not 0 < height <= 65_535 or not 0 < width <= 65_535:
            raise CodecError("a picture of 8 bits, at most 65535 pixels a side", f"{width}x{height}, {depth}", _TODO)
        counts = [1] if codec not in VIDEO else [1] + [2] * (_number(cursor, len(data)) - 1)
        frames = tuple(tuple(_body(cursor, codec) for _ in range(count)) for count in counts)
        cursor.end()
        return cls(codec, (code & 15) + 1, metric, height, width, frames)

    @property
    def is_video(self) -> bool:
        """Whether its codec is one of video."""
        return self.codec in VIDEO

    @property
    def header(self) -> Mapping[str, Any]:
        """What it says of a stream's header: size and first latent."""
        return {"size": [self.height, self.width], "latent": list(self.frames[0][0].shape)}


def _check_frames(codec: str, types: tuple[str, ...]) -> None:
    wanted = ("I",) + ("P",) * (len(types) - 1) if codec in VIDEO else ("I",)
    if types != wanted:
        expected = "one GOP: an I frame, then P frames" if codec in VIDEO else "one picture"
        got = f"{len(types)} frames, {types.count('I')} of them I frames"
        raise CodecError(f"{expected}, for a file of CompressAI's", got, "encode it alone, or write an .ahc file")


def _bodies(bitstream: Bitstream, place: int) -> tuple[Body, ...]:
    unit = bitstream.units[place]
    cursor = Cursor(unit.payload)
    strings = [cursor.take(size) for size in unit.parts]
    each = 1 if bitstream.codec == "bmshj2018-factorized" else 2
    shape = tuple(bitstream.header["latent"])
    return tuple(Body(shape, tuple(strings[i : i + each])) for i in range(0, len(strings), each))


def _body(cursor: Cursor, codec: str) -> Body:
    shape = _number(cursor, 65_535), _number(cursor, 65_535)
    wanted = 1 if codec == "bmshj2018-factorized" else 2
    count = _number(cursor, wanted)
    if count != wanted:
        raise CodecError(f"{wanted} strings of {codec}", f"{count}", _TODO)
    return Body(shape, tuple(cursor.take(*_NUMBER.unpack(cursor.take(_NUMBER.size))) for _ in range(count)))


def _number(cursor: Cursor, most: int) -> int:
    (number,) = _NUMBER.unpack(cursor.take(_NUMBER.size))
    if not 0 < number <= most:
        raise CodecError(f"a number from 1 to {most}", f"{number}", _TODO)
    return number


def _named(table: Mapping[str, int], number: int, what: str) -> str:
    name = next((name for name, known in table.items() if known == number), None)
    if name is None:
        raise CodecError(f"{what} of {', '.join(f'{n} ({i})' for n, i in table.items())}", f"{number}", _TODO)
    return name
