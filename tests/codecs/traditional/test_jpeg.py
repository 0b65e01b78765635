"""JPEG's variants: scans, Huffman tables, quantisation tables of one's own, and two other encoders."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, JpegImagePlugin

from ahc_stream import codecs
from ahc_stream.codecs.traditional.jpeg import encode_jpeg
from ahc_stream.core import sessions
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError, InvalidValue, MissingData
from ahc_stream.core.point import OperatingPoint
from tests.codecs import contract
from tests.codecs.contract import CPU, moving

# ITU-T T.81, tables K.1 and K.2
LUMA = """16 11 10 16 24 40 51 61   12 12 14 19 26 58 60 55   14 13 16 24 40 57 69 56   14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77   24 35 55 64 81 104 113 92   49 64 78 87 103 121 120 101   72 92 95 98 112 100 103 99"""
CHROMA = """17 18 24 47 99 99 99 99   18 21 26 66 99 99 99 99   24 26 56 99 99 99 99 99   47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99   99 99 99 99 99 99 99 99   99 99 99 99 99 99 99 99   99 99 99 99 99 99 99 99"""
SOF0, SOF2, DQT, SOS = 0xC0, 0xC2, 0xDB, 0xDA
OTHERS = ["mozjpeg", "jpegli"]


def payload_of(text: str) -> bytes:
    (payload,) = contract.payloads(contract.encode(text, moving(1, 64, 96)))
    return payload


def segments(payload: bytes) -> list[tuple[int, bytes]]:
    """Markers with their content, as far as the first scan."""
    at, found = 2, []
    while not found or found[-1][0] != SOS:
        assert payload[at] == 0xFF
        (size,) = struct.unpack_from(">H", payload, at + 2)
        found.append((payload[at + 1], payload[at + 4 : at + 2 + size]))
        at += 2 + size
    return found


def quantisers(payload: bytes) -> dict[int, list[int]]:
    """Destination -> 64 numbers in the zigzag order that a file has them in."""
    tables = {}
    for marker, content in segments(payload):
        while marker == DQT and content:
            assert content[0] >> 4 == 0, "8 bits"
            tables[content[0] & 15], content = list(content[1:65]), content[65:]
    return tables


def zigzag(rows: list[int]) -> list[int]:
    """ITU-T T.81, figure 5: along diagonals, every other one upwards."""
    places = sorted(
        ((row, column) for row in range(8) for column in range(8)),
        key=lambda place: (sum(place), place[0] if sum(place) % 2 else place[1]),
    )
    return [rows[8 * row + column] for row, column in places]


def write(folder: Path, text: str, name: str = "tables.txt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 100])
@pytest.mark.parametrize("subsampling", ["420", "444"])
def test_the_standards_own_tables_in_a_file_give_the_bytes_of_jpeg(tmp_path, quality, subsampling):
    path = write(tmp_path, f"# luma\n{LUMA}\n# chroma\n{CHROMA}\n")
    options = f"subsampling={subsampling}"
    assert payload_of(f"jpeg@{quality}:qtable={path}:{options}") == payload_of(f"jpeg@{quality}:{options}")


def test_a_files_numbers_are_the_quantisers_of_the_picture_at_quality_50(tmp_path):
    luma, chroma = list(range(1, 65)), list(range(65, 129))
    path = write(tmp_path, " ".join(map(str, luma + chroma)))
    assert quantisers(payload_of(f"jpeg@50:qtable={path}")) == {0: zigzag(luma), 1: zigzag(chroma)}


def test_other_qualities_scale_a_files_numbers_as_libjpeg_does(tmp_path):
    path = write(tmp_path, " ".join(map(str, range(1, 65))))
    for quality, scale in ((10, 500), (25, 200), (80, 40), (100, 0)):
        expected = zigzag([min(max((number * scale + 50) // 100, 1), 255) for number in range(1, 65)])
        for table in quantisers(payload_of(f"jpeg@{quality}:qtable={path}")).values():
            assert table == expected


def test_64_numbers_are_of_luma_and_chroma(tmp_path):
    payload = payload_of(f"jpeg@50:qtable={write(tmp_path, '7 ' * 64)}")
    frame = next(content for marker, content in segments(payload) if marker == SOF0)
    tables, used = quantisers(payload), [frame[8 + 3 * component] for component in range(3)]
    assert {tuple(tables[number]) for number in used} == {(7,) * 64}


def test_a_point_tells_of_its_tables_by_their_numbers(tmp_path):
    one, same = write(tmp_path, "7 " * 64), write(tmp_path, "# flat\n" + "7\n" * 64, "again.txt")
    (point,) = codecs.parse(f"jpeg@50:qtable={one}")
    name = dict(point.options)["qtable"]
    assert name.startswith("tables-") and dict(codecs.parse(f"jpeg@50:qtable={same}")[0].options)["qtable"] == (
        name.replace("tables", "again")
    )
    assert codecs.parse(str(point)) == (point,)
    write(tmp_path, "8 " + "7 " * 63)
    assert codecs.parse(f"jpeg@50:qtable={one}")[0] != point


def test_a_picture_decodes_where_nobody_has_its_tables(tmp_path):
    clip = moving(1, 64, 96)
    bitstream = contract.encode(f"jpeg@50:qtable={write(tmp_path, '7 ' * 64)}", clip)
    stranger = OperatingPoint("jpeg", 50, (("qtable", "strangers-0123456789ab"),))
    decoder = codecs.make(codecs.decoding_point(stranger), CPU)
    assert torch.equal(sessions.decode(decoder, bitstream), contract.decode("jpeg", bitstream))
    with pytest.raises(MissingData, match="qtable=FILE"):
        sessions.encode(codecs.make(stranger, CPU), clip)


def test_a_strangers_point_reads_no_file(tmp_path):
    named = OperatingPoint("jpeg", 50, (("qtable", str(tmp_path / "nothing.txt")),))
    assert dict(codecs.decoding_point(named).options) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7 " * 63, "63 numbers"),
        ("7 " * 65, "65 numbers"),
        ("7 " * 500, "more than 128 numbers"),
        ("7 " * 63 + "0", "'0' in line 1"),
        ("7 " * 63 + "\n256", "'256' in line 2"),
        ("7 " * 63 + "1.5", "'1.5' in line 1"),
        ("7, " * 64, "'7,' in line 1"),
        ("7 " * 63 + "9" * 5000, "in line 1"),
        ("", "0 numbers"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, text, said):
    with pytest.raises(InvalidValue, match=f"64 or 128 whole numbers.*{said}"):
        codecs.parse(f"jpeg@50:qtable={write(tmp_path, text)}")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingData, match=r"nothing\.txt"):
        codecs.parse(f"jpeg@50:qtable={tmp_path / 'nothing.txt'}")


def test_codings_differ_in_bytes_and_not_in_pixels():
    clip = moving(1, 149, 227)
    streams = {coding: contract.encode(f"jpeg@50:coding={coding}", clip) for coding in ("baseline", "optimized")}
    streams["progressive"] = contract.encode("jpeg@50:coding=progressive", clip)
    frames = [contract.decode("jpeg", stream) for stream in streams.values()]
    assert all(torch.equal(frames[0], other) for other in frames[1:])
    sizes = {coding: len(contract.payloads(stream)[0]) for coding, stream in streams.items()}
    assert sizes["optimized"] < sizes["baseline"] and sizes["progressive"] < sizes["baseline"]


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("jpeg@50", SOF0),
        ("jpeg@50:coding=optimized", SOF0),
        ("jpeg@50:coding=progressive", SOF2),
        ("mozjpeg@50", SOF2),
        ("jpegli@50", SOF0),
    ],
)
def test_frames_are_of_the_kind_that_is_said_and_huffman_coded(text, marker):
    markers = [number for number, _ in segments(payload_of(text))]
    assert [number for number in markers if 0xC0 <= number <= 0xCF and number != 0xC4] == [marker]


@pytest.mark.parametrize(("text", "sampling"), [("mozjpeg@95", "420"), ("mozjpeg@50:subsampling=444", "444")])
def test_chroma_is_sampled_as_it_is_said_at_every_quality(text, sampling):
    picture = Image.open(io.BytesIO(payload_of(text)))
    assert JpegImagePlugin.get_sampling(picture) == {"444": 0, "420": 2}[sampling]


def test_jpegli_halves_chroma():
    assert JpegImagePlugin.get_sampling(Image.open(io.BytesIO(payload_of("jpegli@90")))) == 2


@pytest.mark.parametrize("name", OTHERS)
def test_another_decoder_sees_the_same_picture(name):
    bitstream = contract.encode(f"{name}@50", moving(1, 64, 96))
    expected = np.asarray(Image.open(io.BytesIO(contract.payloads(bitstream)[0])).convert("RGB")).astype(int)
    ours = contract.decode(name, bitstream)[0].permute(1, 2, 0).numpy().astype(int)
    assert np.abs(ours - expected).mean() < 0.5  # two builds of libjpeg-turbo, whose upsampling may round otherwise


def test_mozjpegs_table_0_is_the_standards_and_its_trellis_saves_bits():
    numbers = list(map(int, LUMA.split()))
    assert quantisers(payload_of("mozjpeg@50:table=0"))[0] == zigzag(numbers)
    assert len(payload_of("mozjpeg@50:table=0")) < len(payload_of("jpeg@50:coding=progressive"))


@pytest.mark.parametrize("name", OTHERS)
def test_the_same_picture_gives_the_same_bytes_every_time(name):
    assert len({payload_of(f"{name}@60") for _ in range(4)}) == 1


@pytest.mark.parametrize("table", [1, 8])
def test_mozjpegs_tables_differ(table):
    assert quantisers(payload_of(f"mozjpeg@50:table={table}")) != quantisers(payload_of("mozjpeg@50"))


@pytest.mark.parametrize("coding", ["baseline", "optimized", "progressive"])
def test_noise_is_a_picture_like_any_other(coding: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    for quality in (90, 100):
        file = encode_jpeg(noise, quality, {"coding": coding, "qtable": "none", "subsampling": "444"})
        assert Image.open(io.BytesIO(file)).size == (300, 300)


def test_a_side_that_no_jpeg_has_is_the_codecs_error() -> None:
    codec = codecs.make(codecs.parse("jpeg@50")[0], torch.device("cpu"))
    keys = (FrameKey("d", "long", 0),)
    long = Clip(torch.zeros(1, 3, 1, 65501, dtype=torch.uint8), keys, torch.zeros(1, dtype=torch.float64), False)
    with pytest.raises(CodecError, match="65500"):
        codec.encode(long)
