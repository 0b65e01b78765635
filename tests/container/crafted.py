"""`.ahc` files with right CRCs and made-up values: parts are changed as values or as bytes, and signed again."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from ahc_stream.container import AhcReader, FileHeader, Segment
from ahc_stream.container.blocks import (
    CRC,
    INDEX,
    MAGIC,
    SEGMENT,
    VERSION,
    block,
    footer,
    index_seed,
    segment_seed,
    sized,
)
from ahc_stream.container.index import IndexEntry, index_to_bytes
from ahc_stream.container.segment import head_to_bytes
from ahc_stream.core.encoding import Cursor
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit

NUMBERS = (0, 1, 2, 7, 255, 4096, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 + 1, 2**53, 2**63 - 1, 2**64 - 1)
TEXTS = (
    *("", "x", "../x", "/x", "a\0b", "n" * 300, "n" * 100_000, "\x1b[2J", "\u202e", "none", "bt601", "zz"),
    *("nan", "inf", "-1", "1e9", "999999999", "2147483648", "1" * 5000, "\u0663", "1/0"),
    *("random:1", "random:", "random:-1", "random:" + "9" * 40, "random:" + "9" * 5000, "float16", "compressai"),
)
CODECS = ("identity", "jpeg", "jpeg2000", "avif", "jpegxl", "h264", "vvc", "ffmpeg:mpeg4", "ffmpeg:wrapped_avframe")
OTHERS: tuple[Any, ...] = (None, True, float("nan"), float("inf"), -1, 0.5, [], {}, [[]], [2**40] * 4, {"": {}}, [""])
OPTIONS = ("gop", "threads", "preset", "batch", "control", "bframes", "subsampling", "metric", "x264-params", "effort")

Random = random.Random


@dataclass(frozen=True)
class Content:
    """A file as values."""

    header: FileHeader
    segments: tuple[Segment, ...]


Change = Callable[[Content, Random], Content]


def content_of(path: Path) -> Content:
    with AhcReader(path) as reader:
        return Content(reader.header, tuple(reader.segments()))


def crafted(content: Content, donor: Content, rng: Random) -> bytes:
    """A file made from `content`, with one to three changed places; `donor` gives payloads of another codec."""
    while True:
        try:
            changed = content
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                changed = rng.choice(CHANGES)(changed, rng)
            if rng.random() < 0.1:
                changed = _with_payloads_of(donor, changed, rng)
            return signed(changed, rng)
        except (CodecError, AssertionError, ValueError, TypeError, OverflowError):
            continue  # values that no file can hold


def signed(content: Content, rng: Random | None = None) -> bytes:
    """The file of these values; with `rng`, in one of four also with changed bytes in one of its blocks."""
    header = content.header
    bodies = [_body(header.to_bytes(), len(MAGIC) + 1)]
    bodies += [_body(head_to_bytes(segment, header, 0), 1) for segment in content.segments]
    if rng is not None and rng.random() < 0.25:
        number = rng.randrange(len(bodies))
        bodies[number] = _with_other_bytes(bodies[number], rng)
    front = MAGIC + bytes([VERSION]) + sized(bytearray(bodies[0]))
    header_crc = zlib.crc32(front)
    out = bytearray(front + CRC.pack(header_crc))
    entries = []
    for number, segment in enumerate(content.segments):
        head = block(SEGMENT, bytearray(bodies[number + 1]), segment_seed(number, header_crc))
        payloads = b"".join(unit.payload for unit in segment.bitstream.units)
        (crc,) = CRC.unpack(head[-CRC.size :])
        entries.append(IndexEntry(len(head) + len(payloads), len(segment.bitstream.units), crc))
        out += head + payloads
    offset = len(out)
    return bytes(out) + _index(entries, index_seed(header_crc), rng) + footer(offset)


def resized(content: Content, height: int, width: int) -> Content:
    """All claims of a size, the codec's own among them, are these."""

    def header(values: Mapping[str, Any]) -> dict[str, Any]:
        claims: dict[str, Any] = {"height": height, "width": width, "size": [height, width]}
        claims |= {"coded_height": max(16, height + height % 2), "coded_width": max(16, width + width % 2)}
        down, across = -height % 64, -width % 64
        claims["padding"] = [across // 2, across - across // 2, down // 2, down - down // 2]
        claims["latent"] = [(height + down) // 64, (width + across) // 64]
        return {**values, **{name: claim for name, claim in claims.items() if name in values}}

    segments = tuple(
        replace(
            segment,
            bitstream=replace(segment.bitstream, header=header(segment.bitstream.header)),
            height=height,
            width=width,
        )
        for segment in content.segments
    )
    file = replace(content.header, height=height, width=width, shared=header(content.header.shared))
    return Content(file, segments)


def _index(entries: Sequence[IndexEntry], seed: int, rng: Random | None) -> bytes:
    """The index, in one of twenty with made-up numbers or bytes."""
    if rng is None or rng.random() > 0.05:
        return index_to_bytes(entries, seed)
    if rng.random() < 0.5:
        return block(INDEX, bytearray(_with_other_bytes(_body(index_to_bytes(entries, seed), 1), rng)), seed)
    number = rng.randrange(len(entries))
    field = rng.choice(("size", "frames", "crc"))
    claim = rng.choice(NUMBERS) % (2**32 if field == "crc" else 2**64)
    lies = [*entries]
    lies[number] = replace(lies[number], **{field: claim})
    return index_to_bytes(lies, seed)


def _with_other_bytes(body: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(body))
    new = rng.choice([b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x7f", b"\x80" * 12, b"", rng.randbytes(3)])
    return body[:at] + new + body[at + rng.randrange(4) :]


def _body(whole: bytes, start: int) -> bytes:
    cursor = Cursor(whole, start)
    return cursor.take(cursor.varint())


def _value(rng: Random) -> Any:
    return rng.choice((rng.choice(NUMBERS), rng.choice(TEXTS), rng.choice(OTHERS)))


def _with_value(values: Mapping[str, Any], rng: Random) -> dict[str, Any]:
    """One value is another, gone, or new; or one number within a list is another."""
    changed = dict(values)
    key = rng.choice([*changed, "weights", "batch", "threads", "extra"])
    before = changed.get(key)
    if isinstance(before, list) and before and rng.random() < 0.5:
        at = rng.randrange(len(before))
        changed[key] = [*before[:at], rng.choice(NUMBERS), *before[at + 1 :]]
    elif rng.random() < 0.15:
        changed.pop(key, None)
    else:
        changed[key] = _value(rng)
    return changed


def _header(content: Content, rng: Random) -> Content:
    name = rng.choice(("medium", "source", "device", "colour", "time_base", "height", "width", "about"))
    numbers = [rng.choice(NUMBERS[1:]), rng.choice(NUMBERS[1:])]
    values: dict[str, Any] = {
        "medium": rng.choice(("video", "stills")),
        "time_base": Fraction(*numbers),
        "height": rng.choice(NUMBERS),
        "width": rng.choice(NUMBERS),
        "about": {rng.choice(("notes", "display_matrix", "pixel_aspect")): rng.choice((_value(rng), numbers))},
    }
    value = values.get(name, rng.choice(TEXTS))
    return replace(content, header=replace(content.header, **{name: value}))


def _point(content: Content, rng: Random) -> Content:
    point = content.header.point
    options = dict(point.options)
    match rng.randrange(3):
        case 0:
            point = replace(point, codec=rng.choice(CODECS + TEXTS[:8]))
        case 1:
            qualities = (None, 0, -1, 2**63, float("nan"), float("inf"), 1e308, 3.5)
            point = OperatingPoint(point.codec, rng.choice(qualities), point.options)
        case _:
            options[rng.choice([*options, *OPTIONS])] = rng.choice((rng.choice(TEXTS), str(rng.choice(NUMBERS))))
            point = replace(point, options=tuple(sorted(options.items())))
    return replace(content, header=replace(content.header, point=point))


def _shared(content: Content, rng: Random) -> Content:
    """A value of the codec's own header, in the whole file."""
    shared = _with_value(content.header.shared, rng)
    segments = [replace(segment, bitstream=replace(segment.bitstream, header=shared)) for segment in content.segments]
    return Content(replace(content.header, shared=shared), tuple(segments))


def _segment(content: Content, rng: Random) -> Content:
    number = rng.randrange(len(content.segments))
    segment = content.segments[number]
    count = len(segment.bitstream.units)
    match rng.randrange(5):
        case 0:
            segment = replace(segment, height=rng.choice(NUMBERS), width=rng.choice(NUMBERS))
        case 1:
            header = _with_value(segment.bitstream.header, rng)
            segment = replace(segment, bitstream=replace(segment.bitstream, header=header))
        case 2:
            ticks = tuple(rng.choice((-1, 1)) * rng.choice(NUMBERS) // 4 for _ in range(count))
            segment = replace(segment, ticks=ticks, names=tuple(rng.choice(TEXTS[:9]) for _ in range(count)))
        case 3:
            segment = replace(segment, names=tuple(f"{rng.randrange(3)}" for _ in range(count)))
        case _:
            segment = replace(segment, bitstream=replace(segment.bitstream, units=_units(segment, rng)))
    segments = [*content.segments]
    segments[number] = segment
    return replace(content, segments=tuple(segments))


def _units(segment: Segment, rng: Random) -> tuple[Unit, ...]:
    units = list(segment.bitstream.units)
    number = rng.randrange(len(units))
    unit = units[number]
    match rng.randrange(6):
        case 0:
            frames = rng.sample(range(len(units)), len(units))
            return tuple(replace(each, frame=frame) for each, frame in zip(units, frames, strict=True))
        case 1:
            units[number] = replace(unit, type=rng.choice("IPB"), key=rng.choice((True, False)))
        case 2:
            units[number] = replace(unit, checksum=rng.choice((None, rng.choice(NUMBERS))))
        case 3:
            units[number] = _with_payload(unit, _with_other_bytes(unit.payload, rng))
        case 4:
            units[number] = _with_payload(unit, unit.payload[: rng.choice((0, 1, len(unit.payload) // 2))])
        case _:
            cut = rng.randrange(len(unit.payload) + 1)
            units[number] = replace(unit, parts=(cut, len(unit.payload) - cut))
    return tuple(units)


def _with_payload(unit: Unit, payload: bytes) -> Unit:
    """With the CRC-32 of the new bytes, and parts that fill them."""
    parts = (len(payload) // 2, len(payload) - len(payload) // 2) if unit.parts else ()
    return Unit(payload, unit.frame, unit.type, key=unit.key, parts=parts, checksum=unit.checksum)


def _with_payloads_of(donor: Content, content: Content, rng: Random) -> Content:
    payloads = [unit.payload for segment in donor.segments for unit in segment.bitstream.units]
    segments = []
    for segment in content.segments:
        units = tuple(_with_payload(unit, rng.choice(payloads)) for unit in segment.bitstream.units)
        segments.append(replace(segment, bitstream=replace(segment.bitstream, units=units)))
    return replace(content, segments=tuple(segments))


def _size(content: Content, rng: Random) -> Content:
    """One that the format takes, everywhere at once."""
    return resized(content, rng.choice((1, 9, 300, 4096, 65_535)), rng.choice((1, 8, 300, 1500, 16_384)))


CHANGES: tuple[Change, ...] = (_header, _point, _shared, _segment, _segment, _size)
