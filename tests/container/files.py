"""Small `.ahc` files for tests, in memory and on disk."""

from __future__ import annotations

import io
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from ahc_stream.container import AhcReader, AhcWriter, FileHeader, Segment
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit

POINT = OperatingPoint("h264", 23.5, (("gop", "3"), ("preset", "fast")))
HEADER = {"height": 9, "width": 7, "crc": 0, "sizes": [[4, 8], [12]], "none": None}
VIDEO = FileHeader(POINT, "video", "clip", "cpu", Fraction(1001, 30000), 9, 7, HEADER)
STILLS = FileHeader(OperatingPoint("jpeg", 90.0), "stills", "a..b", "cpu", Fraction(1), 9, 7, HEADER)


def video_segment(number: int, **changes: object) -> Segment:
    """Three frames in the order I P B, with times that follow the segment before."""
    payloads = [bytes([number, place]) * (5 - place) for place in range(3)]
    intra = Unit(payloads[0], 0, parts=(6, 4), checksum=2**64 - 1 - number)
    units = (intra, Unit(payloads[1], 2, "P"), Unit(payloads[2], 1, "B", key=True))
    return Segment(
        Bitstream("h264", {**HEADER, "crc": number, **changes}, units), 9, 7, tuple(range(3 * number, 3 * number + 3))
    )


def still_segment(*names: str, height: int = 9) -> Segment:
    units = tuple(Unit(name.encode(), place) for place, name in enumerate(names))
    return Segment(Bitstream("jpeg", HEADER, units), height, 7, names=names)


def written(header: FileHeader, segments: Iterable[Segment], finish: bool = True) -> bytes:
    file = io.BytesIO()
    writer = AhcWriter(file)
    writer.begin(header)
    for segment in segments:
        writer.add(segment)
    if finish:
        writer.finish()
    assert writer.size == len(file.getvalue())
    return file.getvalue()


def read(path: Path, data: bytes, salvage: bool = False) -> list[Segment]:
    """All segments of a file of these bytes."""
    path.write_bytes(data)
    with AhcReader(path, salvage) as reader:
        return list(reader.segments())
