"""Writes an `.ahc` file as its segments come: nothing is kept but one index entry for each."""

from __future__ import annotations

from typing import BinaryIO

from ahc_stream.container.blocks import CRC, footer, index_seed, segment_seed
from ahc_stream.container.header import MEDIA, FileHeader
from ahc_stream.container.index import IndexEntry, index_to_bytes
from ahc_stream.container.segment import Segment, head_to_bytes
from ahc_stream.core.errors import CodecError, InvalidValue


class AhcWriter:
    """Writes to `file`, from its present position on, which becomes the file's beginning.

    The header is that of the first segment, so it is written with it. Without `finish` the file has no index, and
    readers call it unfinished.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._header: FileHeader | None = None
        self._entries: list[IndexEntry] = []
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    def begin(self, header: FileHeader) -> None:
        """Writes the header. Raises InvalidValue for a medium that is none."""
        if header.medium not in MEDIA:
            raise InvalidValue(f"a medium of {', '.join(MEDIA)}", repr(header.medium), "write one of them")
        self._header, data = header, header.to_bytes()
        (self._crc,) = CRC.unpack(data[-CRC.size :])
        self._write(data)

    def add(self, segment: Segment) -> None:
        """Writes a segment. Raises CodecError where it is not of the header's codec, or lacks a time or name."""
        assert self._header is not None, "begin comes first"
        _check(segment, self._header)
        head = head_to_bytes(segment, self._header, segment_seed(len(self._entries), self._crc))
        payloads = b"".join(unit.payload for unit in segment.bitstream.units)
        (crc,) = CRC.unpack(head[-CRC.size :])
        self._entries.append(IndexEntry(len(head) + len(payloads), len(segment.bitstream.units), crc))
        self._write(head)
        self._write(payloads)

    def finish(self) -> None:
        """Writes the index and the footer."""
        assert self._header is not None, "begin comes first"
        offset = self._size
        self._write(index_to_bytes(self._entries, index_seed(self._crc)))
        self._write(footer(offset))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)


def _check(segment: Segment, header: FileHeader) -> None:
    stream = segment.bitstream
    if stream.codec != header.point.codec:
        raise CodecError(f"a bitstream of {header.point.codec}", f"one of {stream.codec}", "write another file for it")
    kind, labels = ("times", segment.ticks) if header.medium == "video" else ("names", segment.names)
    if not stream.units or len(labels) != len(stream.units):
        got = f"{len(stream.units)} frames, {len(labels)} {kind}"
        raise CodecError(f"frames, with {kind}", got, "give one each")
