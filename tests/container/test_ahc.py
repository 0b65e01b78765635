"""`.ahc` files: what is written is read, any part alone, and anything else is an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ahc_stream.container import AhcReader, is_ahc
from ahc_stream.container.blocks import MAGIC
from ahc_stream.core.errors import CodecError, MissingData
from tests.container.files import HEADER, STILLS, VIDEO, read, still_segment, video_segment, written

SEGMENTS = [video_segment(number) for number in range(3)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.ahc"


def test_header_and_segments_come_back_whole(path: Path) -> None:
    assert read(path, written(VIDEO, SEGMENTS)) == SEGMENTS
    with AhcReader(path) as reader:
        assert reader.header == VIDEO and len(reader) == 9 and reader.size == path.stat().st_size


def test_any_segment_and_frame_is_found_without_the_others(path: Path) -> None:
    path.write_bytes(written(VIDEO, SEGMENTS))
    with AhcReader(path) as reader:
        assert reader.segment(2) == SEGMENTS[2] and reader.segment(0) == SEGMENTS[0]
        assert [reader.locate(frame) for frame in range(9)] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        head = reader.head(1)
        assert head.ticks == (3, 4, 5) and [entry.type for entry in head.entries] == ["I", "P", "B"]


def test_segments_say_how_their_header_and_size_differ_from_the_first(path: Path) -> None:
    other = video_segment(1, strings=[[1]], extra={"deep": [True, -1, 0.5]})
    fewer = replace(other, bitstream=replace(other.bitstream, header={"width": 7}), height=11, width=13)
    assert read(path, written(VIDEO, [SEGMENTS[0], other, fewer])) == [SEGMENTS[0], other, fewer]


def test_stills_keep_their_names_and_sizes(path: Path) -> None:
    segments = [still_segment("kodim01", "folder/b é"), still_segment("c", height=12)]
    assert read(path, written(STILLS, segments)) == segments


@pytest.mark.parametrize(
    "ticks", [(0, 1, 2), (-3, 0, 3), (5, 5, 5), (0, 1, 100), (7, 2**40, 2**40 + 1), (9, 4, 0), (-(2**61), 0, 2**61)]
)
def test_times_are_kept_at_any_rate(path: Path, ticks: tuple[int, ...]) -> None:
    segment = replace(SEGMENTS[0], ticks=ticks)
    assert read(path, written(VIDEO, [segment]))[0].ticks == ticks


def test_framing_is_small() -> None:
    one, many = (len(written(VIDEO, [video_segment(n, crc=0) for n in range(count)])) for count in (1, 101))
    payload = sum(len(unit.payload) for unit in SEGMENTS[0].bitstream.units)
    units = 3 * (1 + 1 + 4) + 2 + 8 + 2  # flags, size and CRC of each; two places, one checksum; two parts for one size
    head = 2 + 1 + 3 + 6 + 4  # mark and size, number of units, what differs, times, CRC
    assert (many - one) / 100 - payload <= units + head + 6  # its entry in the index
    assert len(written(VIDEO, [SEGMENTS[0]])) < 200


def test_every_flipped_bit_is_an_error(path: Path) -> None:
    data = written(VIDEO, SEGMENTS[:2])
    for index in range(len(data)):
        for bit in range(8):
            broken = bytearray(data)
            broken[index] ^= 1 << bit
            with pytest.raises(CodecError):
                read(path, bytes(broken))


def test_every_cut_and_every_addition_is_an_error(path: Path) -> None:
    data = written(VIDEO, SEGMENTS[:2])
    for size in range(len(data)):
        with pytest.raises(CodecError):
            read(path, data[:size])
    for more in (b"\0", b"x" * 16, data):
        with pytest.raises(CodecError):
            read(path, data + more)


def test_an_unfinished_file_says_so_and_gives_its_whole_segments(path: Path) -> None:
    data = written(VIDEO, SEGMENTS, finish=False)
    with pytest.raises(CodecError, match="interrupted"):
        read(path, data)
    assert read(path, data, salvage=True) == SEGMENTS
    assert read(path, data[:-1], salvage=True) == SEGMENTS[:2]
    assert read(path, written(VIDEO, SEGMENTS), salvage=True) == SEGMENTS


def test_segments_of_another_place_or_another_file_do_not_pass(path: Path) -> None:
    same_size = [video_segment(0), video_segment(1)]
    data = written(VIDEO, same_size)
    path.write_bytes(data)
    with AhcReader(path) as reader:
        first, second = reader.locations
    begin, middle, end = first.offset, second.offset, second.offset + second.size
    swapped = data[:begin] + data[middle:end] + data[begin:middle] + data[end:]
    foreign = written(replace(VIDEO, source="CLIP"), same_size)
    for spliced in (swapped, data[:begin] + foreign[begin:middle] + data[middle:], foreign[:begin] + data[begin:]):
        with pytest.raises(CodecError):
            read(path, spliced)
        assert read(path, spliced, salvage=True) == []


def test_an_interrupted_file_is_no_match_for_its_header_alone(path: Path) -> None:
    with pytest.raises(CodecError, match="interrupted"):
        read(path, written(VIDEO, [], finish=False))
    with pytest.raises(CodecError):
        read(path, written(VIDEO, []))


def test_an_unknown_version_asks_for_a_newer_program(path: Path) -> None:
    data = bytearray(written(VIDEO, SEGMENTS))
    data[len(MAGIC)] = 3
    with pytest.raises(CodecError, match=r"got version 3\. Read it with a newer"):
        read(path, bytes(data))


def test_another_kind_of_file_is_named_by_its_first_bytes(path: Path) -> None:
    with pytest.raises(CodecError, match="JFIF"):
        read(path, b"\xff\xd8\xff\xe0JFIF\0" * 9)
    assert not is_ahc(path)
    with pytest.raises(MissingData):
        is_ahc(path.with_name("nowhere"))
    with pytest.raises(MissingData):
        AhcReader(path.parent)


def test_the_writer_refuses_frames_without_times_and_streams_of_another_codec() -> None:
    for segment in (replace(SEGMENTS[0], ticks=(1,)), still_segment("a")):
        with pytest.raises(CodecError):
            written(VIDEO, [segment])
    assert HEADER["crc"] == 0
