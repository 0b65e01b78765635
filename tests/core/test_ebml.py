"""Elements of EBML, against the rules of RFC 8794."""

from __future__ import annotations

from io import BytesIO

import pytest

from ahc_stream.core.ebml import element_at, written

VOID = b"\xec"
NAMES = (VOID, b"\x42\x86", b"\x2a\xd7\xb1", b"\x1a\x45\xdf\xa3")  # of one to four bytes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size_length", range(1, 9))
def test_an_element_is_read_as_it_was_written_wherever_it_stands(name: bytes, size_length: int) -> None:
    before = b"\xff" * 5
    element = element_at(BytesIO(before + written(name, b"content", size_length)), 5)
    assert element is not None
    assert element == (name, 5, 5 + len(name) + size_length, 5 + len(name) + size_length + 7)


@pytest.mark.parametrize("size_length", range(1, 9))
def test_a_size_of_ones_alone_is_unknown_and_the_one_below_it_is_a_size(size_length: int) -> None:
    ones = (1 << 7 * size_length) - 1
    marked = [(VOID + (value | 1 << 7 * size_length).to_bytes(size_length, "big")) for value in (ones, ones - 1)]
    unknown, largest = (element_at(BytesIO(head), 0) for head in marked)
    assert unknown == (VOID, 0, 1 + size_length, None)
    assert largest == (VOID, 0, 1 + size_length, 1 + size_length + ones - 1)


def test_a_content_that_the_size_cannot_count_is_refused() -> None:
    """126 bytes are the most of one byte's size: 127 would say that it is unknown."""
    assert element_at(BytesIO(written(VOID, bytes(126))), 0) == (VOID, 0, 2, 128)
    with pytest.raises(OverflowError):
        written(VOID, bytes(127))


@pytest.mark.parametrize("data", [b"", b"\x00" * 12, b"\x0f\x81\x00", VOID, VOID + b"\x00\x80", VOID + b"\x01\xff"])
def test_what_is_no_element_is_none(data: bytes) -> None:
    """Nothing, zeros, a name of more than four bytes, a name alone, a size of more than eight bytes, half a size."""
    assert element_at(BytesIO(data), 0) is None
