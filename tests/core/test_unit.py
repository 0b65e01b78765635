"""Entries of coded frames: their documented bytes, and what is refused."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.encoding import Cursor
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit, UnitEntry, entry_size, put_units, take_entries

CRC = struct.pack("<I", zlib.crc32(b"abc"))

UNITS = st.builds(
    Unit,
    st.just(b"abc"),
    st.integers(0, 300),
    st.sampled_from("IPB"),
    key=st.none() | st.booleans(),
    parts=st.sampled_from([(), (3,), (0, 3), (1, 1, 1)]),
    checksum=st.none() | st.integers(0, 2**64 - 1),
)


def entry(unit: Unit, index: int) -> bytes:
    out = bytearray()
    UnitEntry.of(unit).put(out, index)
    return bytes(out)


@pytest.mark.parametrize(
    ("unit", "data"),
    [
        (Unit(b"abc", 4), b"\x00\x03" + CRC),
        (Unit(b"abc", 4, "P"), b"\x01\x03" + CRC),
        (Unit(b"abc", 4, "B"), b"\x02\x03" + CRC),
        (Unit(b"abc", 4, checksum=9), b"\x04\x03" + CRC + struct.pack("<Q", 9)),
        (Unit(b"abc", 300), b"\x08\xac\x02\x03" + CRC),
        (Unit(b"abc", 4, parts=(1, 2)), b"\x10\x02\x01\x02" + CRC),
        (Unit(b"abc", 4, key=False), b"\x20\x03" + CRC),
        (Unit(b"abc", 4, "P", key=True), b"\x21\x03" + CRC),
        (Unit(b"abc", 4, "P", key=False), b"\x01\x03" + CRC),
        (
            Unit(b"abc", 0, "B", key=True, parts=(3,), checksum=2**64 - 1),
            b"\x3e\x00\x01\x03" + CRC + b"\xff" * 8,
        ),
    ],
)
def test_an_entry_is_the_documented_bytes(unit: Unit, data: bytes) -> None:
    assert entry(unit, 4) == data and entry_size(unit, 4) == len(data)
    cursor = Cursor(data)
    assert UnitEntry.take(cursor, 4).unit(b"abc") == unit
    cursor.end()


@given(UNITS, st.integers(0, 300))
def test_entries_round_trip(unit: Unit, index: int) -> None:
    assert UnitEntry.take(Cursor(entry(unit, index)), index).unit(b"abc") == unit


@pytest.mark.parametrize("flags", [0x03, 0x07, 0x23, 0x40, 0x80, 0xFF])
def test_flags_that_mean_nothing_are_an_error(flags: int) -> None:
    with pytest.raises(CodecError, match="the flags of a coded frame"):
        UnitEntry.take(Cursor(bytes([flags]) + b"\x00" * 20), 0)


def test_frames_of_another_type_and_parts_that_do_not_fill_a_frame_are_errors() -> None:
    with pytest.raises(CodecError, match="a frame type of I, P, B"):
        entry(Unit(b"abc", 0, "X"), 0)
    for parts in ((1, 1), (4,), (0,)):
        with pytest.raises(CodecError, match="parts that fill frame 0"):
            UnitEntry.of(Unit(b"abc", 0, parts=parts))


def test_an_i_frame_is_a_key_and_others_are_none_unless_they_say_so() -> None:
    assert [Unit(b"", 0, kind).key for kind in "IPB"] == [True, False, False]
    assert [Unit(b"", 0, kind, key=kind != "I").key for kind in "IPB"] == [False, True, True]


def test_a_unit_holds_the_crc_of_its_payload() -> None:
    assert Unit(b"abc", 0).crc == zlib.crc32(b"abc")
    Unit(b"abc", 0).check()
    with pytest.raises(CodecError, match="an intact frame 2"):
        Unit(b"abc", 2, crc=1).check()
    with pytest.raises(CodecError, match="an intact frame 0"):
        UnitEntry.of(Unit(b"abc", 0)).unit(b"abd")


def test_a_table_of_units_is_their_number_and_the_entry_of_each() -> None:
    units = [Unit(b"abc", 0), Unit(b"abc", 2, "P"), Unit(b"abc", 1, "B")]
    out = bytearray()
    put_units(out, units)
    assert bytes(out) == b"\x03" + b"".join(entry(unit, index) for index, unit in enumerate(units))
    assert take_entries(Cursor(bytes(out))) == tuple(map(UnitEntry.of, units))
    twice = b"\x02" + entry(Unit(b"abc", 0), 0) + entry(Unit(b"abc", 0), 1)
    with pytest.raises(CodecError, match="one coded unit per frame"):
        take_entries(Cursor(twice))
