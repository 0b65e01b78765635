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


def front(codec: int = 4, code: int = 0x02, height: int = 149, width: int = 227, depth: int = 8) -> bytes:
    return struct.pack(">BBIIB", codec, code, height, width, depth)


@pytest.mark.parametrize("size", [(1, 1), (65_535, 1), (1, 65_535)])
@pytest.mark.parametrize("quality", [1, 8, 16])
def test_sizes_and_qualities_at_their_ends_are_read(size: tuple[int, int], quality: int) -> None:
    data = front(code=quality - 1, height=size[0], width=size[1]) + body((1, 65_535), [b"y", b""])
    file = CompressaiFile.from_bytes(data)
    assert (file.height, file.width, file.quality, file.metric) == (*size, quality, "mse")
    assert file.header["latent"] == [1, 65_535] and file.to_bytes() == data and not file.is_video


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (front(codec=1), "a model id of "),
        (front(codec=14), r"ssf2020 \(13\); got 14"),
        (front(code=0x22), r"a metric id of mse \(0\), ms-ssim \(1\); got 2"),
        (front(depth=10), "a picture of 8 bits, at most 65535 pixels a side; got 227x149, 10"),
        *((front(height=height), f"got 227x{height}, 8") for height in (0, 65_536)),
        *((front(width=width), f"got {width}x149, 8") for width in (0, 65_536)),
        (front() + struct.pack(">III", 0, 4, 2), "a number from 1 to 65535; got 0"),
        (front() + struct.pack(">III", 3, 65_536, 2), "a number from 1 to 65535; got 65536"),
        (front() + struct.pack(">III", 3, 4, 1), "2 strings of mbt2018; got 1"),
        (front() + struct.pack(">III", 3, 4, 3), "a number from 1 to 2; got 3"),
        (front(codec=13) + struct.pack(">I", 0), "got 0"),
        (front(codec=13) + struct.pack(">I", 2**32 - 1), "a number from 1 to 15"),
    ],
)
def test_a_number_that_such_a_file_does_not_have_is_named(data: bytes, expected: str) -> None:
    with pytest.raises(CodecError, match=expected):
        CompressaiFile.from_bytes(data)


@pytest.mark.parametrize(
    ("bitstream", "expected"),
    [
        (Bitstream("jpeg", {}, (Unit(b"", 0),)), r"a codec of CompressAI's files \(bmshj2018-factorized, "),
        (Bitstream("mbt2018", {}, (Unit(b"", 0), Unit(b"", 1))), "one picture, .*got 2 frames, 2 of them I frames"),
        (Bitstream("mbt2018", {}, (Unit(b"", 0, "P"),)), "one picture, .*got 1 frames, 0 of them"),
        (Bitstream("ssf2020", {}, (Unit(b"", 0), Unit(b"", 1))), "one GOP: an I frame, then P frames"),
        (Bitstream("ssf2020", {}, (Unit(b"", 0), Unit(b"", 1, "B"))), "one GOP"),
        (picture("mbt2018", [b"y", b"z"], arithmetic="float64"), "CompressAI's arithmetic, float32; got .*float64"),
    ],
)
def test_what_such_a_file_cannot_hold_is_named(bitstream: Bitstream, expected: str) -> None:
    with pytest.raises(CodecError, match=expected):
        CompressaiFile.of(bitstream)


def test_a_video_of_one_frame_is_one_body() -> None:
    bitstream, _ = video()
    (intra, *_) = bitstream.units
    file = CompressaiFile.of(Bitstream("ssf2020", bitstream.header, (intra,)))
    data = front(codec=13, code=0x08) + struct.pack(">I", 1) + body((2, 2), [b"img-y", b"z"])
    assert file.to_bytes() == data and CompressaiFile.from_bytes(data) == file
