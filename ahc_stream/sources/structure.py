"""Whether a file ends where its own structure says that it ends.

Durations and frame counts are claims, and writers get them wrong. The sizes of nested elements are structure: a reader
needs them to find the next element, so a file that stops inside one has been cut. Containers without such sizes
(program streams, bare bitstreams) cannot be judged this way.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from ahc_stream.core.ebml import EbmlElement, element_at


def structural_damage(path: Path, format_name: str) -> str | None:
    """Why the file cannot be whole, in words, or None. `format_name` is FFmpeg's name of the container."""
    names = format_name.split(",")
    for name, check in _CHECKS.items():
        if name in names:
            with path.open("rb") as file:
                return check(file, os.fstat(file.fileno()).st_size)
    return None


class _Box(NamedTuple):
    """A box of MP4: its name, where its content begins, and where it ends (None: where its parent does)."""

    name: bytes
    content: int
    end: int | None


def _cut(what: str, end: int, size: int) -> str:
    return f"{size:,} bytes, where {what} ends at byte {end:,}"


def _iso_damage(file: BinaryIO, size: int) -> str | None:
    """MP4 and QuickTime: boxes side by side, each with its size."""
    at, fragmented = 0, False
    while at + 8 <= size:
        box = _iso_box(file, at)
        if box is None:
            return "zeros where the next fragment should be" if fragmented else None
        fragmented |= box.name == b"moof"
        if box.end is None:
            return None
        if box.end > size and box.name not in _TOP_LEVEL_BOXES:
            return None  # bytes that somebody put behind the last box: no reader looks for frames there
        if box.end > size:
            return _cut(f"its box {box.name.decode('latin-1')!r}", box.end, size)
        at = box.end
    return None


_TOP_LEVEL_BOXES = frozenset({
    *(b"ftyp", b"styp", b"sidx", b"ssix", b"moov", b"moof", b"mdat", b"mfra", b"meta", b"emsg", b"prft", b"pdin"),
    *(b"free", b"skip", b"wide", b"uuid", b"pnot", b"udta"),
})  # fmt: skip
"""Boxes that stand side by side in a file (ISO 14496-12, QuickTime)."""


def _iso_box(file: BinaryIO, at: int) -> _Box | None:
    """The box at a place; None for zeros, with which some recorders fill up a file."""
    file.seek(at)
    head = file.read(16)
    size, name = int.from_bytes(head[:4], "big"), head[4:8]
    if not any(head[:8]):
        return None
    if size == 0:
        return _Box(name, at + 8, None)
    if size == 1 and len(head) == 16:
        return _Box(name, at + 16, at + max(16, int.from_bytes(head[8:], "big")))
    return _Box(name, at + 8, at + max(8, size))


_EBML, _SEGMENT, _CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
_CRC_OF_FOUR_BYTES = b"\xbf\x84"
_TOP_LEVEL = frozenset(
    {_EBML, _SEGMENT, _CLUSTER, b"\x11\x4d\x9b\x74", b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b", b"\x1c\x53\xbb\x6b",
     b"\x19\x41\xa4\x69", b"\x10\x43\xa7\x70", b"\x12\x54\xc3\x67"}
)  # fmt: skip
"""Identifiers of four bytes: header, segment, cluster, seek head, info, tracks, cues, attachments, chapters, tags."""


def _matroska_damage(file: BinaryIO, size: int) -> str | None:
    """Matroska and WebM. Segments and clusters are entered, everything else is stepped over. Checksums of clusters
    are checked; those of other elements are not: tools that correct a title or a duration leave them as they were.

    A live recording states no sizes of its segment and clusters; there the elements inside them tell.
    """
    at, segment_end, cluster_end = 0, size, size
    while at < segment_end:
        element = element_at(file, at)
        if element is None:
            return f"no element at byte {at:,} of {size:,}"
        if element.end is not None and element.end > size:
            what = {_SEGMENT: "its segment", _CLUSTER: "a cluster"}.get(element.name, "an element")
            return _cut(what, element.end, size)
        if element.name not in _TOP_LEVEL and element.end is not None and at < cluster_end < element.end:
            return f"an element at byte {at:,} that runs over the end of its cluster"
        if element.name == _SEGMENT and element.end is not None:
            segment_end = element.end
        if element.name == _CLUSTER and not _has_its_checksum(file, element):
            return f"a cluster at byte {at:,} that is not what its CRC-32 was made of"
        if element.name == _CLUSTER:
            cluster_end = size if element.end is None else element.end
        enters = element.name in (_SEGMENT, _CLUSTER)
        if not enters and element.end is None:
            return f"an element without a size at byte {at:,}"
        at = element.content if enters or element.end is None else element.end
    return None


def _has_its_checksum(file: BinaryIO, element: EbmlElement) -> bool:
    """Whether an element that begins with a CRC-32 of the rest of it is as it was written; true where there is none."""
    if element.end is None:
        return True
    file.seek(element.content)
    head = file.read(6)
    if head[:2] != _CRC_OF_FOUR_BYTES:
        return True
    rest = file.read(element.end - element.content - len(head))
    return zlib.crc32(rest) == int.from_bytes(head[2:], "little")


_UNFINISHED = frozenset({0, 0xFFFFFFFF})
"""Sizes that a writer leaves in a RIFF file which it could not go back to."""
_SLACK = 8
"""Some cameras count the eight bytes of the header twice."""


def _riff_damage(file: BinaryIO, size: int) -> str | None:
    """AVI: one list, or several in large files, each with its size. Lists are entered, other chunks stepped over."""
    at = file_end = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if not any(name):
            if at >= file_end:
                return None
            return f"zeros where a chunk should be, at byte {at:,} of {size:,}"
        end = at + 8 + length
        if not name.isalnum():
            return None
        if end > size + _SLACK and length not in _UNFINISHED:
            return _cut(f"its chunk {name.decode('latin-1')!r}", end, size)
        if name == b"RIFF":
            file_end = end
        at = at + 12 if name in _LISTS else end + length % 2
    return None


_LISTS = (b"RIFF", b"LIST")


_SYNC = 0x47
_PACKET_SIZES = (188, 192, 204)
_LINED_UP = 4
"""Packets in a row that show where packets begin, and how long they are."""
_LOOKED_AT = 64 * 1024


def _transport_damage(file: BinaryIO, size: int) -> str | None:
    """MPEG transport streams: packets of one size, each of which begins with the same byte."""
    layout = _packets_of(file.read(_LOOKED_AT))
    if layout is None:
        return None
    first, length = layout
    count, rest = divmod(size - first, length)
    starts = np.memmap(file, np.uint8, "r", first, (count, length))[:, 0] if count else np.empty(0, np.uint8)
    lost = int((starts != _SYNC).sum())
    if lost:
        return f"{lost:,} of {count:,} transport packets that do not begin as one"
    if 0 < rest < _PACKET_SIZES[0]:
        return f"{rest} bytes after its last whole transport packet"
    return None


def _packets_of(head: bytes) -> tuple[int, int] | None:
    """(where the first packet's sync byte is, bytes from one to the next), or None."""
    for length in _PACKET_SIZES:
        for first in range(min(length, len(head))):
            lined_up = head[first::length][:_LINED_UP]
            if lined_up == bytes([_SYNC]) * len(lined_up) and len(lined_up) >= 2:
                return first, length
    return None


_CHECKS: dict[str, Callable[[BinaryIO, int], str | None]] = {
    "mp4": _iso_damage,
    "matroska": _matroska_damage,
    "avi": _riff_damage,
    "mpegts": _transport_damage,
}
