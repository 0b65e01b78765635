"""The shape of pixels in a Matroska file. FFmpeg's muxer asks for it where PyAV does not reach: so the track has a name
as long as what is to stand there, and when the file is whole the shape takes the name's place.

Identifiers are those of RFC 9559, by which DisplayUnit 3 makes a ratio of DisplayWidth and DisplayHeight.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path

from ahc_stream.core.ebml import EbmlElement, element_at, written
from ahc_stream.core.errors import MediaError

_SEGMENT, _TRACKS, _TRACK, _VIDEO = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\xe0"
_NAME, _CRC32 = b"\x53\x6e", b"\xbf"
_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT = b"\x54\xb0", b"\x54\xba", b"\x54\xb2"
_RATIO = 3

ROOM = "room for the shape here"
"""The name of the track until then. With its own identifier and size it has as many bytes as the shape."""

_HEAD_BYTES = 1 << 20
"""Header and tracks are within them; frames come behind."""


def write_shape(path: Path, width: int, height: int, pixel_aspect: Fraction) -> None:
    """Puts the shape into a file whose only track is called ROOM.

    width, height:  of the frames, in pixels.
    pixel_aspect:   width over height of one pixel.
    Raises MediaError for a file of another layout, and OSError.
    """
    with path.open("r+b") as file:
        head = file.read(_HEAD_BYTES)
        try:
            at, tracks = _with_shape(head, pixel_aspect * width / height)
        except LookupError as error:
            todo = "decode into a folder, or into .mp4"
            raise MediaError(f"a Matroska file of one track in {path}", str(error), todo) from error
        file.seek(at)
        file.write(tracks)


def _with_shape(head: bytes, shape: Fraction) -> tuple[int, bytes]:
    """Where the content of the tracks begins, and what is to stand there: as many bytes as before."""
    tracks = _child(head, _child(head, EbmlElement(b"", 0, 0, len(head)), _SEGMENT), _TRACKS)
    track = _child(head, tracks, _TRACK)
    video, name = _child(head, track, _VIDEO), _child(head, track, _NAME)
    of_shape = _display(shape)
    kept = [element for element in _children(head, track) if element != name]
    parts = [_wider(head, element, of_shape) if element == video else _bytes(head, element) for element in kept]
    content = head[tracks.content : track.content] + b"".join(parts) + head[track.end : tracks.end]
    if len(content) != len(head[tracks.content : tracks.end]):
        raise LookupError(f"a name of {len(_bytes(head, name))} bytes for a shape of {len(of_shape)}")
    return tracks.content, _signed(content)


def _display(shape: Fraction) -> bytes:
    """Width over height of the picture as a player shows it."""
    width, height = (side.to_bytes(8, "big") for side in (shape.numerator, shape.denominator))
    unit = written(_DISPLAY_UNIT, bytes([_RATIO]))
    return written(_DISPLAY_WIDTH, width) + written(_DISPLAY_HEIGHT, height) + unit


def _wider(head: bytes, element: EbmlElement, more: bytes) -> bytes:
    """The element with more at its end, its size in as many bytes as before."""
    size_length = element.content - element.start - len(element.name)
    return written(element.name, head[element.content : element.end] + more, size_length)


def _signed(content: bytes) -> bytes:
    """The content with its CRC-32, which stands first where a writer leaves one."""
    prefix = written(_CRC32, bytes(4))
    if content[:2] != prefix[:2]:
        return content
    rest = content[len(prefix) :]
    return written(_CRC32, zlib.crc32(rest).to_bytes(4, "little")) + rest


def _child(head: bytes, parent: EbmlElement, name: bytes) -> EbmlElement:
    """Raises LookupError where there is none."""
    found = next((element for element in _children(head, parent) if element.name == name), None)
    if found is None:
        raise LookupError(f"no element {name.hex()}")
    return found


def _children(head: bytes, parent: EbmlElement) -> Iterator[EbmlElement]:
    file, at, end = BytesIO(head), parent.content, parent.end or len(head)
    while at < end:
        element = element_at(file, at)
        if element is None or element.end is None:
            return
        yield element
        at = element.end


def _bytes(head: bytes, element: EbmlElement) -> bytes:
    return head[element.start : element.end]
