"""The bytes of an `.ahc` file as `docs/container.md` has them, put together here by hand."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from ahc_stream.container import AhcReader, AhcWriter, FileHeader, Segment, is_ahc, read
from ahc_stream.container.blocks import put_size, take_size, take_text
from ahc_stream.container.index import IndexEntry, index_from_body
from ahc_stream.container.ticks import put_ticks, take_ticks
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.encoding import Cursor, put_value
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit
from tests.container.files import STILLS, VIDEO, still_segment, video_segment, written

POINT = OperatingPoint("h264", 23.0, (("gop", "3"),))
HEADER = FileHeader(POINT, "video", "clip", "cpu", Fraction(1, 300), 200, 7, {"crc": 5, "gop": 2})
HEADER_BODY = (
    b"\x01"  # video
    b"\x5f\x1d\x64clip\x5f\x04\x5f\x2a"  # WORDS[60], text of four bytes, WORDS[35], WORDS[73]
    b"\x17\xa1\x56\x613"  # 23; one pair: WORDS[22], text of one byte
    b"\x01\xac\x02\xc8\x01\x07"  # 1 / 300; 200 x 7
    b"\xa2\x55\x05\x56\x02"  # two pairs: WORDS[21], 5, WORDS[22], 2
)
FRONT = b"\x89AHC\r\n\x1a\n\x02"

SEGMENT = Segment(
    Bitstream("h264", {"crc": 6}, (Unit(b"intra", 0), Unit(b"pred", 2, "P"), Unit(b"b", 1, "B", checksum=7))),
    200,
    9,
    (5, 7, 9),
)
SEGMENT_BODY = (
    b"\x03"  # three units
    + (b"\x00\x05" + struct.pack("<I", zlib.crc32(b"intra")))
    + (b"\x09\x02\x04" + struct.pack("<I", zlib.crc32(b"pred")))
    + (b"\x0e\x01\x01" + struct.pack("<IQ", zlib.crc32(b"b"), 7))
    + b"\x01\xc8\x01\x09"  # a size of its own: 200 x 9
    + b"\xa1\x55\x06\x81\x56"  # changed: WORDS[21] is 6; absent: WORDS[22]
    + b"\x02\x0a\x05"  # second differences 5 and -3
)


def with_crc(data: bytes, seed: int = 0) -> bytes:
    return data + struct.pack("<I", zlib.crc32(data, seed))


def crc_of(block: bytes) -> int:
    return struct.unpack("<I", block[-4:])[0]


def open_file(path: Path, data: bytes, salvage: bool = False) -> AhcReader:
    path.write_bytes(data)
    return AhcReader(path, salvage)


def test_a_whole_file_is_the_documented_bytes() -> None:
    header = with_crc(FRONT + bytes([len(HEADER_BODY)]) + HEADER_BODY)
    file = header
    entries = b"\x02"
    for number in range(2):
        seed = zlib.crc32(struct.pack("<Q", number), crc_of(header))
        head = with_crc(b"S" + bytes([len(SEGMENT_BODY)]) + SEGMENT_BODY, seed)
        segment = head + b"intra" + b"pred" + b"b"
        entries += bytes([len(segment), 3]) + head[-4:]
        file += segment
    index = with_crc(b"X" + bytes([len(entries)]) + entries, zlib.crc32(b"index", crc_of(header)))
    footer = with_crc(struct.pack("<Q4s", len(file), b"AHCE"))
    assert written(HEADER, [SEGMENT, SEGMENT]) == file + index + footer


def test_a_file_begins_where_its_writer_is_put() -> None:
    file = io.BytesIO(b"something else")
    file.seek(0, io.SEEK_END)
    writer = AhcWriter(file)
    assert writer.size == 0
    writer.begin(HEADER)
    writer.add(SEGMENT)
    writer.finish()
    assert file.getvalue() == b"something else" + written(HEADER, [SEGMENT])


@pytest.mark.parametrize("quality", [None, 23.0, 23.5, -1.0, 0.0, 2.0**40])
@pytest.mark.parametrize("medium", ["video", "stills"])
@pytest.mark.parametrize("about", [{}, {"notes": ["dark"], "pixel_aspect": [4, 3]}])
def test_a_header_comes_back_whole(quality: float | None, medium: str, about: dict) -> None:
    point = replace(POINT, quality=quality)
    header = replace(HEADER, point=point, medium=medium, about=about, colour="grey", time_base=Fraction(1001, 30000))
    data = header.to_bytes()
    again = FileHeader.from_body(data[len(FRONT) + 1 : -4])
    assert again == header
    assert again.notes == tuple(about.get("notes", ()))
    assert again.presentation.pixel_aspect == Fraction(*about.get("pixel_aspect", (1, 1)))


def test_notes_that_are_no_list_are_none() -> None:
    assert replace(HEADER, about={"notes": "dark"}).notes == ()
    assert replace(HEADER, about={"notes": ["dark", 3]}).notes == ("dark", "3")


def test_a_size_is_at_most_65535_a_side_and_2_to_the_30_pixels() -> None:
    for size in [(1, 1), (1, 65_535), (65_535, 1), (65_535, 16_384), (32_768, 32_768)]:
        out = bytearray()
        put_size(out, *size)
        assert take_size(Cursor(bytes(out))) == size
    for size in [(0, 1), (1, 0), (1, 65_536), (65_536, 1), (32_768, 32_769), (65_535, 65_535)]:
        out = bytearray()
        put_size(out, *size)
        with pytest.raises(CodecError, match="65535 pixels a side"):
            take_size(Cursor(bytes(out)))


HEADER_FIELDS = {
    "medium": b"\x01",
    "texts": b"\x5f\x1d\x64clip\x5f\x04\x5f\x2a",
    "quality": b"\x17",
    "options": b"\xa1\x56\x613",
    "time base": b"\x01\xac\x02",
    "size": b"\xc8\x01\x07",
    "shared": b"\xa2\x55\x05\x56\x02",
    "about": b"",
}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("medium", b"\x02", "a medium of stills, video"),
        ("texts", b"\x5f\x1d\x64clip\x5f\x04\x01", "expected text"),
        ("quality", b"\xc1", "a quality and options as text"),  # false
        ("quality", b"\x613", "a quality and options as text"),
        ("options", b"\xa1\x56\x03", "a quality and options as text"),  # a number
        ("options", b"\x81\x56", "a mapping"),
        ("time base", b"\x00\x01", "a time base above zero"),
        ("time base", b"\x01\x00", "a time base above zero"),
        ("size", b"\x00\x07", "pixels a side"),
        ("shared", b"\x80", "a mapping"),
        ("time base", b"\x80\x80\x80\x80\x08\x01", "a time base"),  # 2^31 / 1
        ("time base", b"\x01\x80\x80\x80\x80\x08", "a time base"),
        ("about", b"\x00", "a mapping"),
        ("about", b"\xa0\x00", "bytes"),
    ],
)
def test_a_field_of_the_header_that_is_none_is_named(field: str, value: bytes, expected: str) -> None:
    assert FileHeader.from_body(b"".join(HEADER_FIELDS.values())) == HEADER
    with pytest.raises(CodecError, match=expected):
        FileHeader.from_body(b"".join((HEADER_FIELDS | {field: value}).values()))


@pytest.mark.parametrize("base", [Fraction(2**31 - 1), Fraction(1, 2**31 - 1)])
def test_the_numbers_of_a_time_base_have_31_bits(base: Fraction) -> None:
    data = replace(HEADER, time_base=base).to_bytes()
    assert FileHeader.from_body(data[len(FRONT) + 1 : -4]).time_base == base


def test_a_text_has_4096_characters_at_most() -> None:
    for count in (0, 1, 4096):
        out = bytearray()
        put_value(out, "\u00e9" * count)
        assert take_text(Cursor(bytes(out))) == "\u00e9" * count
    put_value(out := bytearray(), "x" * 4097)
    with pytest.raises(CodecError, match="text of at most 4096 characters"):
        take_text(Cursor(bytes(out)))


@pytest.mark.parametrize(("size", "frames"), [(1, 1), (9, 1), (9, 9), (9, 0), (9, 10), (0, 0)])
def test_an_indexed_segment_has_a_frame_and_a_byte_for_each_at_least(size: int, frames: int) -> None:
    body = bytes([1, size, frames]) + struct.pack("<I", 7)
    if 0 < frames <= size:
        assert index_from_body(body) == (IndexEntry(size, frames, 7),)
    else:
        with pytest.raises(CodecError, match=f"1 to {size} frames"):
            index_from_body(body)


@pytest.mark.parametrize(
    ("ticks", "stored"),
    [
        ((5, 7, 9, 11), b"\x02\x0a\x05"),
        ((0, 0, 0), b"\x00"),
        ((0, 1, 2), b"\x02\x00\x02"),
        ((0, 1, 3), b"\x03\x00\x02\x02"),
        ((-1,), b"\x01\x01"),
    ],
)
def test_ticks_are_second_differences_without_the_zeros_at_the_end(ticks: tuple[int, ...], stored: bytes) -> None:
    out = bytearray()
    put_ticks(out, ticks)
    assert bytes(out) == stored
    assert take_ticks(Cursor(stored), len(ticks)) == ticks


def test_ticks_have_63_bits_and_are_no_more_than_the_frames() -> None:
    for tick in (2**63 - 1, -(2**63 - 1)):
        out = bytearray()
        put_ticks(out, [tick])
        assert take_ticks(Cursor(bytes(out)), 1) == (tick,)
    with pytest.raises(CodecError, match="63 bits"):
        take_ticks(Cursor(b"\x01" + b"\xff" * 9 + b"\x01"), 1)  # -2^63
    with pytest.raises(CodecError, match="times of 2 frames"):
        take_ticks(Cursor(b"\x03\x00\x02\x02"), 2)


def test_a_still_of_another_size_and_header_has_its_differences_alone() -> None:
    same, other = still_segment("a", "b"), still_segment("a", "b", height=12)
    sizes = [len(written(STILLS, [segment])) for segment in (same, other)]
    assert sizes[1] - sizes[0] == 2  # height and width


@pytest.mark.parametrize("segment", [Segment(Bitstream("h264", {}, ()), 9, 7), replace(SEGMENT, ticks=(1, 2))])
def test_the_writer_refuses_a_segment_without_frames_or_times(segment: Segment) -> None:
    with pytest.raises(CodecError, match="frames, with times"):
        written(HEADER, [segment])
    with pytest.raises(CodecError, match="a bitstream of jpeg"):
        written(replace(HEADER, point=OperatingPoint("jpeg")), [SEGMENT])


def test_the_writer_refuses_a_medium_that_is_none() -> None:
    with pytest.raises(InvalidValue, match="stills, video"):
        written(replace(HEADER, medium="film"), [])


def test_another_version_says_which_program_reads_it(tmp_path: Path) -> None:
    data = written(VIDEO, [video_segment(0)])
    for version, age in ((1, "an older"), (3, "a newer")):
        with pytest.raises(CodecError, match=f"got version {version}. Read it with {age}"):
            open_file(tmp_path / "x.ahc", data[:8] + bytes([version]) + data[9:])


def test_a_cut_within_the_first_bytes_is_no_version(tmp_path: Path) -> None:
    for size in (8, 9):
        with pytest.raises(CodecError) as error:
            open_file(tmp_path / "x.ahc", FRONT[:size])
        assert "version" not in str(error.value)
    assert is_ahc(tmp_path / "x.ahc")


def test_a_header_alone_has_no_frames(tmp_path: Path) -> None:
    data = written(VIDEO, [video_segment(0)], finish=False)
    header = written(VIDEO, [], finish=False)
    with open_file(tmp_path / "x.ahc", header, salvage=True) as reader:
        assert len(reader) == 0 and reader.locations == ()
    with open_file(tmp_path / "x.ahc", data, salvage=True) as reader:
        assert len(reader) == 3 and reader.locations[0].offset == len(header)


def test_a_file_is_closed_at_the_end_and_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def open_and_remember(path: Path) -> io.BufferedReader:
        opened.append(path.open("rb"))
        return opened[-1]

    monkeypatch.setattr(read, "_opened", open_and_remember)
    data = written(VIDEO, [video_segment(0)])
    with open_file(tmp_path / "x.ahc", data):
        assert not opened[0].closed
    assert opened[0].closed
    with pytest.raises(CodecError):
        open_file(tmp_path / "x.ahc", data[:-1])
    assert opened[1].closed


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    with open_file(tmp_path / "x.ahc", written(VIDEO, [video_segment(0)])) as reader:
        (tmp_path / "x.ahc").write_bytes(b"")
        with pytest.raises(CodecError, match="shrank"):
            reader.segment(0)


def test_an_unfinished_file_is_refused_unless_it_is_to_be_salvaged(tmp_path: Path) -> None:
    (tmp_path / "x.ahc").write_bytes(written(VIDEO, [video_segment(0)], finish=False))
    with pytest.raises(CodecError, match="interrupted"):
        AhcReader(tmp_path / "x.ahc")


def test_the_budget_of_pixels_is_held_when_a_file_is_opened_and_for_each_segment(tmp_path: Path) -> None:
    """A file of 9 x 7 pixels, of which one has a second segment of 12 x 7. Salvage looks at segments at once."""
    path = tmp_path / "x.ahc"
    path.write_bytes(written(STILLS, [still_segment("a"), still_segment("b", height=12)]))
    with pytest.raises(CodecError, match=r"at most 62 pixels in .*x\.ahc; got 7 x 9"):
        AhcReader(path, max_pixels=62)
    with AhcReader(path, max_pixels=83) as reader:
        assert reader.segment(0).names == ("a",)
        with pytest.raises(CodecError, match="got 7 x 12"):
            reader.head(1)
    with pytest.raises(CodecError, match="got 7 x 12"):
        AhcReader(path, salvage=True, max_pixels=83)
    with AhcReader(path, salvage=True, max_pixels=84) as reader:
        assert [segment.names for segment in reader.segments()] == [("a",), ("b",)]
