"""Header values as bytes: what goes in comes out, compactly; anything else is a CodecError."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.encoding import WORDS, Cursor, put_signed, put_value, put_varint
from ahc_stream.core.errors import CodecError

NUMBERS = st.integers(-(2**63), 2**64 - 1)
LEAVES = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text() | st.sampled_from(WORDS)
VALUES = st.recursive(LEAVES, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=20)


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
