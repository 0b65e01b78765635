"""Elements of EBML, which Matroska and WebM are made of (RFC 8794): an identifier, a size, a content."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

LONGEST_HEAD = 12
"""Bytes of an identifier and a size, at most."""


class EbmlElement(NamedTuple):
    """name: its identifier. start: where that begins. content, end: where its content begins and ends; no end where it
    states no size."""

    name: bytes
    start: int
    content: int
    end: int | None


def element_at(file: BinaryIO, at: int) -> EbmlElement | None:
    """The element at a place; None where there is none, for instance zeros."""
    file.seek(at)
    head = file.read(LONGEST_HEAD)
    if not head or head[0] < 0x10:
        return None
    name_length = 9 - head[0].bit_length()
    size_at = head[name_length : name_length + 1]
    if not size_at or size_at[0] == 0:
        return None
    size_length = 9 - size_at[0].bit_length()
    content = name_length + size_length
    if len(head) < content:
        return None
    bits = 7 * size_length
    value = int.from_bytes(head[name_length:content], "big") & ((1 << bits) - 1)
    end = None if value == (1 << bits) - 1 else at + content + value
    return EbmlElement(head[:name_length], at, at + content, end)


def written(name: bytes, content: bytes, size_length: int = 1) -> bytes:
    """An element as bytes, its size in so many. Raises OverflowError for a content that they do not count."""
    bits = 7 * size_length
    if len(content) >= (1 << bits) - 1:
        raise OverflowError(f"{len(content)} bytes as a size of {size_length}")
    return name + (len(content) | 1 << bits).to_bytes(size_length, "big") + content
