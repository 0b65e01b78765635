"""Reads an `.ahc` file: its header, its index, and any segment without the others."""

from __future__ import annotations

import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from ahc_stream.container.blocks import (
    BROKEN,
    CRC,
    END,
    FOOTER,
    INDEX,
    MAGIC,
    MOST_PIXELS,
    SEGMENT,
    VERSION,
    check_budget,
    index_seed,
    segment_seed,
)
from ahc_stream.container.header import FileHeader
from ahc_stream.container.index import IndexEntry, index_from_body
from ahc_stream.container.segment import Segment, SegmentHead, head_from_body
from ahc_stream.core.encoding import Cursor
from ahc_stream.core.errors import CodecError, MissingData

_SIZE_BYTES = 10  # of the longest LEB128 number
_UNFINISHED = "encode it again, or read the segments before the cut with --salvage"


@dataclass(frozen=True)
class SegmentLocation:
    """Where a segment lies: byte offset, bytes with its head, number of its first frame, frames, CRC-32 of its head."""

    offset: int
    size: int
    first: int
    frames: int
    crc: int


def is_ahc(path: Path) -> bool:
    """Whether the file begins as ours do. Raises MissingData where there is no file."""
    with _opened(path) as file:
        return file.read(len(MAGIC)) == MAGIC


class AhcReader:
    """An open file; a context manager. Nothing is read that the caller does not ask for, but the header and the index.

    salvage:     take a file without an index, which an interrupted writer left, and find its whole segments one by one.
    max_pixels:  of one frame at most.

    Raises MissingData, and CodecError: another kind of file, a version that is not ours, a file that is not whole,
    frames that are too large, or bytes that are not the ones written. Every byte of the file is covered by a CRC-32 or
    by a value that must be.
    """

    def __init__(self, path: Path, salvage: bool = False, max_pixels: int = MOST_PIXELS) -> None:
        self._file, self._path, self._max_pixels = _opened(path), path, max_pixels
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            self.header, self._crc, start = self._read_header()
            self.locations = tuple(self._scan(start)) if salvage else self._read_index(start)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __len__(self) -> int:
        """Frames in the file."""
        return self.locations[-1].first + self.locations[-1].frames if self.locations else 0

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._size

    def locate(self, frame: int) -> int:
        """The number of the segment that holds a frame, 0 <= frame < len(self)."""
        assert 0 <= frame < len(self)
        return bisect_right(self.locations, frame, key=lambda location: location.first) - 1

    def head(self, number: int) -> SegmentHead:
        """A segment's head, without reading its payloads. Raises CodecError."""
        return self._head(number)[0]

    def segment(self, number: int) -> Segment:
        """A segment with its payloads, every CRC checked. Raises CodecError."""
        head, start = self._head(number)
        return head.segment(self.header.point.codec, self._at(start, head.payload_size))

    def segments(self) -> Iterator[Segment]:
        """All of them, in order, one in memory at a time."""
        return (self.segment(number) for number in range(len(self.locations)))

    def _head(self, number: int) -> tuple[SegmentHead, int]:
        """The head, and where its payloads begin."""
        location = self.locations[number]
        body, crc, start = self._block(location.offset, SEGMENT, segment_seed(number, self._crc), f"segment {number}")
        head = head_from_body(body, self.header)
        check_budget(head.height, head.width, self._max_pixels, self._path)
        size = start - location.offset + head.payload_size
        if (size, len(head), crc) != (location.size, location.frames, location.crc):
            got = f"{size} bytes, {len(head)} frames, CRC {crc:08x}"
            expected = f"segment {number} of {location.size} bytes, {location.frames} frames, CRC {location.crc:08x}"
            raise CodecError(expected, got, BROKEN)
        return head, start

    def _read_header(self) -> tuple[FileHeader, int, int]:
        """The header, its CRC, and where it ends."""
        front = self._at(0, min(self._size, len(MAGIC) + 1))
        if front[: len(MAGIC)] != MAGIC:
            raise CodecError(f"an .ahc file at {self._path}", f"a file that begins {front!r}", "check its name")
        if len(front) > len(MAGIC) and front[-1] != VERSION:
            got = f"version {front[-1]}"
            age = "a newer" if front[-1] > VERSION else "an older"
            raise CodecError(f"version {VERSION} of .ahc in {self._path}", got, f"read it with {age} ahc-stream")
        body, crc, end = self._block(0, front, 0, "the header")
        header = FileHeader.from_body(body)
        check_budget(header.height, header.width, self._max_pixels, self._path)
        return header, crc, end

    def _read_index(self, start: int) -> tuple[SegmentLocation, ...]:
        at = self._size - FOOTER.size
        if at < start:
            raise self._unfinished()
        data = self._at(at, FOOTER.size)
        offset, end, crc = FOOTER.unpack(data)
        if end != END or zlib.crc32(data[: -CRC.size]) != crc:
            raise self._unfinished()
        body, _, index_end = self._block(offset, INDEX, index_seed(self._crc), "the index")
        locations = tuple(_locations(index_from_body(body), start))
        segments_end = locations[-1].offset + locations[-1].size if locations else start
        if (segments_end, index_end) != (offset, at) or not locations:
            got = f"{len(locations)} segments up to byte {segments_end}, an index at {offset} to {index_end}"
            raise CodecError(f"segments and an index that fill {self._size} bytes of {self._path}", got, BROKEN)
        return locations

    def _scan(self, start: int) -> Iterator[SegmentLocation]:
        """The segments that lie wholly before the first byte that is no segment's."""
        first = number = 0
        while start < self._size:
            try:
                body, crc, payloads = self._block(start, SEGMENT, segment_seed(number, self._crc), f"segment {number}")
                head = head_from_body(body, self.header)
                head.segment(self.header.point.codec, self._at(payloads, head.payload_size))
            except CodecError:  # the cut, or the index: what comes after it is no segment
                return
            check_budget(head.height, head.width, self._max_pixels, self._path)
            end = payloads + head.payload_size
            yield SegmentLocation(start, end - start, first, len(head), crc)
            first, number, start = first + len(head), number + 1, end

    def _block(self, offset: int, mark: bytes, seed: int, what: str) -> tuple[bytes, int, int]:
        """Body of the block at `offset`, its CRC-32, and where it ends."""
        front = self._at(offset, max(0, min(len(mark) + _SIZE_BYTES, self._size - offset)))
        cursor = _after(front, mark, what)
        size = cursor.varint()
        whole = self._at(offset, cursor.at + size + CRC.size)
        (crc,) = CRC.unpack(whole[-CRC.size :])
        if zlib.crc32(whole[: -CRC.size], seed) != crc:
            raise CodecError(f"{what} of {self._path} intact", "bytes that fail their CRC", "fetch the file again")
        return whole[cursor.at : -CRC.size], crc, offset + len(whole)

    def _at(self, offset: int, size: int) -> bytes:
        """Bytes of the file; the size is held to the file's before anything is allocated."""
        if not 0 <= offset <= offset + size <= self._size:
            got = f"{self._size} bytes"
            raise CodecError(f"{size} bytes at {offset} of {self._path}", got, "the file is cut: fetch it again")
        self._file.seek(offset)
        data = self._file.read(size)
        if len(data) != size:
            raise CodecError(f"{size} bytes at {offset} of {self._path}", f"{len(data)}", "the file shrank: try again")
        return data

    def _unfinished(self) -> CodecError:
        got = "none: its writer was interrupted, or it is cut or damaged"
        return CodecError(f"an index at the end of {self._path}", got, _UNFINISHED)


def _after(front: bytes, mark: bytes, what: str) -> Cursor:
    if not front.startswith(mark):
        raise CodecError(f"{what} to begin {mark!r}", f"{front[: len(mark)]!r}", BROKEN)
    return Cursor(front, len(mark))


def _locations(entries: tuple[IndexEntry, ...], start: int) -> Iterator[SegmentLocation]:
    first = 0
    for entry in entries:
        yield SegmentLocation(start, entry.size, first, entry.frames, entry.crc)
        start, first = start + entry.size, first + entry.frames


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise MissingData(f"a file to decode at {path}", error.strerror or str(error), "check the path") from error
