"""CompressAI's codec-example files: bytes as its layout has them, and nothing else is taken for one."""

from __future__ import annotations

import random
import struct

import pytest

from ahc_stream.container import CompressaiFile
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit

IDS = [
    ("bmshj2018-factorized", 0, 1),
    ("bmshj2018-hyperprior", 2, 2),
    ("mbt2018-mean", 3, 2),
    ("mbt2018", 4, 2),
    ("cheng2020-anchor", 5, 2),
    ("cheng2020-attn", 6, 2),
]


def body(shape: tuple[int, int], strings: list[bytes]) -> bytes:
    """The oracle: `write_body` of examples/codec.py in plain words."""
    return struct.pack(">III", *shape, len(strings)) + b"".join(struct.pack(">I", len(s)) + s for s in strings)


def picture(codec: str, strings: list[bytes], **changes: object) -> Bitstream:
    header = {"quality": 3, "metric": "mse", "size": [149, 227], "latent": [3, 4]}
    return Bitstream(
        codec, {**header, **changes}, (Unit(b"".join(strings), 0, parts=tuple(map(len, strings)), checksum=7),)
    )


def video() -> tuple[Bitstream, bytes]:
    """Three frames of ssf2020, and the file of them."""
    frames = [[b"img-y", b"z"], [b"motion", b"mz", b"residual", b""], [b"m", b"", b"r", b"rz"]]
    header = {"quality": 9, "metric": "mse", "size": [149, 227], "latent": [2, 2]}
    units = tuple(
        Unit(b"".join(strings), i, "P" if i else "I", parts=tuple(map(len, strings)), checksum=i)
        for i, strings in enumerate(frames)
    )
    data = struct.pack(">BBIIB", 13, 0x08, 149, 227, 8) + struct.pack(">I", 3) + body((2, 2), frames[0])
    for strings in frames[1:]:
        data += body((2, 2), strings[:2]) + body((2, 2), strings[2:])
    return Bitstream("ssf2020", header, units), data


@pytest.mark.parametrize(("codec", "number", "count"), IDS)
@pytest.mark.parametrize(("metric", "code"), [("mse", 0x02), ("ms-ssim", 0x12)])
def test_a_picture_is_the_documented_bytes(codec: str, number: int, count: int, metric: str, code: int) -> None:
    strings = [b"y" * 300, b"z" * 8][:count]
    file = CompressaiFile.of(picture(codec, strings, metric=metric))
    assert file.to_bytes() == struct.pack(">BBIIB", number, code, 149, 227, 8) + body((3, 4), strings)
    again = CompressaiFile.from_bytes(file.to_bytes())
    assert again == file and (again.codec, again.quality, again.metric) == (codec, 3, metric)
    assert again.header == {"size": [149, 227], "latent": [3, 4]}


def test_a_video_has_one_body_and_then_two_a_frame() -> None:
    bitstream, data = video()
    file = CompressaiFile.of(bitstream)
    assert file.to_bytes() == data and CompressaiFile.from_bytes(data) == file
    assert [len(bodies) for bodies in file.frames] == [1, 2, 2] and file.is_video


@pytest.mark.parametrize(
    "bitstream",
    [
        Bitstream("jpeg", {}, (Unit(b"", 0),)),
        Bitstream("mbt2018", {}, (Unit(b"", 0), Unit(b"", 1))),
        Bitstream("ssf2020", {}, (Unit(b"", 0), Unit(b"", 1, "I"))),
        picture("mbt2018", [b"y", b"z"], order="wave"),
    ],
)
def test_what_such_a_file_cannot_hold_is_refused(bitstream: Bitstream) -> None:
    with pytest.raises(CodecError):
        CompressaiFile.of(bitstream)


def test_every_cut_and_every_addition_is_an_error() -> None:
    for data in (video()[1], CompressaiFile.of(picture("mbt2018", [b"y", b"z"])).to_bytes()):
        for size in range(len(data)):
            with pytest.raises(CodecError):
                CompressaiFile.from_bytes(data[:size])
        with pytest.raises(CodecError):
            CompressaiFile.from_bytes(data + b"\0")


def test_random_bytes_and_changed_files_are_files_or_errors() -> None:
    rng, data = random.Random(0), video()[1]
    for _ in range(2000):
        broken = bytearray(data)
        for _ in range(rng.randrange(1, 5)):
            broken[rng.randrange(len(data))] = rng.choice([0, 1, 0xFF, rng.randrange(256)])
        for candidate in (bytes(broken), rng.randbytes(rng.randrange(80))):
            try:
                file = CompressaiFile.from_bytes(candidate)
            except CodecError:
                continue
            assert file.to_bytes() == candidate


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0JFIF", b"\x89PNG\r\n\x1a\n", b"", b"\x01" + b"\0" * 40])
def test_other_files_are_not_taken_for_one(data: bytes) -> None:
    with pytest.raises(CodecError):
        CompressaiFile.from_bytes(data)
