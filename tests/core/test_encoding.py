"""Header values as bytes: what goes in comes out, compactly; anything else is a CodecError."""

from __future__ import annotations

import hashlib
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.encoding import WORDS, Cursor, put_signed, put_text, put_value, put_varint
from ahc_stream.core.errors import CodecError

NUMBERS = st.integers(-(2**63), 2**64 - 1)
LEAVES = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text() | st.sampled_from(WORDS)
VALUES = st.recursive(LEAVES, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=20)

FIRST_WORDS = "6723969a40ab804605888c22ab55e2637ac4e524bdddbfd28dc33c290d12dae4"
"""SHA-256 of the first 92 words, joined by line feeds."""


def encoded(value: object) -> bytes:
    out = bytearray()
    put_value(out, value)
    return bytes(out)


@given(VALUES)
def test_values_round_trip_with_their_types(value: object) -> None:
    cursor = Cursor(encoded(value))
    assert repr(cursor.value()) == repr(value)
    cursor.end()


@given(NUMBERS)
def test_numbers_round_trip(number: int) -> None:
    out = bytearray()
    put_varint(out, abs(number))
    if abs(number) < 2**63:
        put_signed(out, number)
    cursor = Cursor(bytes(out))
    assert cursor.varint() == abs(number)
    assert abs(number) >= 2**63 or cursor.signed() == number


@pytest.mark.parametrize(
    ("value", "size"),
    [(30, 1), (31, 2), (1000, 3), ("weights", 1), ("ab" * 32, 34), ([1000, 8], 4), ({"size": [200, 300]}, 7), ("h", 2)],
)
def test_values_are_small(value: object, size: int) -> None:
    assert len(encoded(value)) == size


def test_a_tuple_comes_back_as_a_list_and_nan_as_nan() -> None:
    assert Cursor(encoded((1, (2, 3)))).value() == [1, [2, 3]]
    assert math.isnan(Cursor(encoded(math.nan)).value())


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, b"bytes", {1, 2}, object()])
def test_what_json_does_not_know_is_an_error(value: object) -> None:
    with pytest.raises(CodecError, match="JSON values"):
        encoded(value)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x1f", b"\x1f" + b"\xff" * 10, b"\x9f\xff\xff\xff\x7f", b"\x62\xff\xff", b"\xc7", b"\x5f\x7f",
     b"\xa1\x00\x00", b"\x81" * 40, b"\xc4\xff\xff\xff\xff\x0f"],
)  # fmt: skip
def test_malformed_bytes_are_errors(data: bytes) -> None:
    with pytest.raises(CodecError):
        Cursor(data).value()


def test_random_bytes_are_values_or_errors() -> None:
    generator = random.Random(0)
    for _ in range(5000):
        data = generator.randbytes(generator.randrange(40))
        try:
            Cursor(data).value()
        except CodecError:
            continue


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (0, b"\x00"), (30, b"\x1e"), (31, b"\x1f\x00"), (32, b"\x1f\x01"), (158, b"\x1f\x7f"), (159, b"\x1f\x80\x01"),
        (2**64 - 1, b"\x1f\xe0" + b"\xff" * 8 + b"\x01"),
        (-1, b"\x20"), (-31, b"\x3e"), (-32, b"\x3f\x00"), (-(2**63), b"\x3f\xe0" + b"\xff" * 7 + b"\x7f"),
        ("codec", b"\x40"), ("cpu", b"\x5f\x04"), ("a", b"\x61a"), ("", b"\x60"), ("é", b"\x62\xc3\xa9"),
        ("x" * 31, b"\x7f\x00" + b"x" * 31),
        ([], b"\x80"), ([-1], b"\x81\x20"), ([True], b"\x81\xc2"), ([1, 0.5], b"\x82\x01\xc3" + b"\0" * 6 + b"\xe0?"),
        ({}, b"\xa0"), ({"codec": 1, "a": None}, b"\xa2\x40\x01\x61a\xc0"), ({7: 1}, b"\xa1\x617\x01"),
        (None, b"\xc0"), (False, b"\xc1"), (True, b"\xc2"), (1.0, b"\xc3" + b"\0" * 6 + b"\xf0\x3f"),
        ("00ff00ff", b"\xc4\x04\x00\xff\x00\xff"), ("00ff00", b"\x6600ff00"), ("00FF00FF", b"\x6800FF00FF"),
        ([0, 300], b"\xe2\x00\xac\x02"), ((5,), b"\xe1\x05"), ([2**64 - 1], b"\xe1" + b"\xff" * 9 + b"\x01"),
    ],
)  # fmt: skip
def test_a_value_is_the_documented_bytes(value: object, data: bytes) -> None:
    assert encoded(value) == data
    again = Cursor(data).value()
    assert again == ({"7": 1} if value == {7: 1} else list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize(
    ("number", "data"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (2**64 - 1, b"\xff" * 9 + b"\x01")],
)
def test_a_whole_number_is_leb128(number: int, data: bytes) -> None:
    out = bytearray()
    put_varint(out, number)
    assert bytes(out) == data and Cursor(data).varint() == number


@pytest.mark.parametrize(("number", "stored"), [(0, 0), (-1, 1), (1, 2), (-2, 3), (2, 4), (-(2**63), 2**64 - 1)])
def test_signs_alternate(number: int, stored: int) -> None:
    out, plain = bytearray(), bytearray()
    put_signed(out, number)
    put_varint(plain, stored)
    assert out == plain and Cursor(bytes(out)).signed() == number


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff" * 9 + b"\x02", "64 bits"),
        (b"\x80" * 10, "at most 10 bytes"),
        (b"\x80" * 10 + b"\x00", "at most 10 bytes"),
        (b"\x80" * 3, "1 more bytes"),
    ],
)
def test_a_number_of_more_bits_or_bytes_is_refused(data: bytes, expected: str) -> None:
    with pytest.raises(CodecError, match=expected):
        Cursor(data).varint()


def test_words_keep_their_numbers() -> None:
    """Files hold the numbers."""
    assert hashlib.sha256("\n".join(WORDS[:92]).encode()).hexdigest() == FIRST_WORDS
    assert encoded(WORDS[-1]) == b"\x5f" + bytes([len(WORDS) - 1 - 31])
    with pytest.raises(CodecError, match=f"got word {len(WORDS)}"):
        Cursor(b"\x5f" + bytes([len(WORDS) - 31])).value()


@pytest.mark.parametrize("nesting", [b"\x81", b"\xa1\x40"])
def test_values_nest_sixteen_deep(nesting: bytes) -> None:
    assert Cursor(nesting * 16 + b"\x00").value()
    with pytest.raises(CodecError, match="nested at most 16 deep"):
        Cursor(nesting * 17 + b"\x00").value()
    with pytest.raises(CodecError, match="nested at most 16 deep"):
        Cursor(b"\xa1" * 17 + b"\x40").value()  # a key that is a mapping of keys


def test_text_stands_behind_its_size() -> None:
    out = bytearray()
    put_text(out, "aé")
    assert bytes(out) == b"\x03a\xc3\xa9"
    cursor = Cursor(b"?" + out, 1)
    assert cursor.text() == "aé"
    cursor.end()


def test_a_count_is_at_most_the_bytes_that_follow() -> None:
    assert Cursor(b"\x02ab").count() == 2
    for data in (b"\x03ab", b"ab\x03ab"):
        with pytest.raises(CodecError, match="at most 2 values in the bytes left"):
            Cursor(data, len(data) - 3).count()


def test_no_more_is_taken_than_there_is_and_nothing_may_be_left() -> None:
    cursor = Cursor(b"abcd", 1)
    assert cursor.take(2) == b"bc" and cursor.take(0) == b"" and cursor.at == 3
    with pytest.raises(CodecError, match="2 more bytes; got 1"):
        cursor.take(2)
    with pytest.raises(CodecError, match="expected 3 bytes; got 4"):
        cursor.end()
    assert cursor.take(1) == b"d"
    cursor.end()
