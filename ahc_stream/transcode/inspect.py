"""What a coded file says about itself, without decoding it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from ahc_stream import sources
from ahc_stream.container import VERSION, AhcReader, CompressaiFile, FileHeader, is_ahc
from ahc_stream.transcode import foreign

FileFacts = dict[str, Any]

_OF_CODEC = ("weights", "cdf", "arithmetic", "order", "padding", "matrix", "full_range")
"""What an inspection shows of a bitstream's header, where it is there."""


def facts_of(
    path: Path, salvage: bool = False, check: bool = False, limits: sources.Limits = sources.DEFAULT_LIMITS
) -> FileFacts:
    """JSON values: codec, hashes, geometry, rates, and a row per frame under "table".

    check:   read the payloads too, and hold each to its CRC-32.
    limits:  of memory, as `open_coded_file` takes them.
    Raises MissingData and CodecError.
    """
    if not is_ahc(path):
        return _compressai_facts(path, foreign.read(path, limits))
    with AhcReader(path, salvage, limits.frame_pixels) as reader:
        rows = [row for number in range(len(reader.locations)) for row in _rows(reader, number)]
        if check:
            for _ in reader.segments():
                continue
        return _file_facts(path, reader.header) | _rates(rows, reader.size) | {"table": rows}


def _file_facts(path: Path, header: FileHeader) -> FileFacts:
    point = header.point
    facts: FileFacts = {
        "file": str(path),
        "format": f"ahc, version {VERSION}",
        "codec": point.codec,
        "quality": point.quality,
        "options": dict(point.options),
        "medium": header.medium,
        "source": header.source,
        "colour": header.colour,
        "device": header.device,
    }
    facts |= {name: header.shared[name] for name in _OF_CODEC if name in header.shared}
    time_base = {"time_base": str(header.time_base)} if header.medium == "video" else {}
    notes = {"notes": list(header.notes)} if header.notes else {}
    return facts | time_base | header.presentation.as_values() | notes


def _rows(reader: AhcReader, number: int) -> Iterator[FileFacts]:
    """One per frame, in presentation order."""
    location, head, base = reader.locations[number], reader.head(number), reader.header.time_base
    offsets, at = {}, location.offset + location.size - head.payload_size
    for entry in head.entries:
        offsets[entry.frame], at = at, at + entry.size
    for entry in sorted(head.entries, key=lambda entry: entry.frame):
        yield {
            "frame": location.first + entry.frame,
            "segment": number,
            "type": entry.type,
            **_label(head.ticks, head.names, entry.frame, base),
            "height": head.height,
            "width": head.width,
            "offset": offsets[entry.frame],
            "bytes": entry.size,
            "crc": f"{entry.crc:08x}",
            "checksum": None if entry.checksum is None else f"{entry.checksum:016x}",
        }


def _label(ticks: tuple[int, ...], names: tuple[str, ...], frame: int, base: Fraction) -> FileFacts:
    return {"seconds": float(ticks[frame] * base)} if ticks else {"name": names[frame]}


def _rates(rows: list[FileFacts], file_bytes: int) -> FileFacts:
    """Payload and container apart; bits per pixel over true pixels."""
    payload = sum(row["bytes"] for row in rows)
    pixels = sum(row["height"] * row["width"] for row in rows)
    rates: FileFacts = {
        "frames": len(rows),
        "segments": rows[-1]["segment"] + 1 if rows else 0,
        "payload_bytes": payload,
        "file_bytes": file_bytes,
        "payload_bpp": 8 * payload / pixels if pixels else None,
        "container_bpp": 8 * file_bytes / pixels if pixels else None,
    }
    has_times = len(rows) > 1 and "seconds" in rows[0]
    span = rows[-1]["seconds"] - rows[0]["seconds"] if has_times else 0.0
    if span > 0:
        rates["frames_per_second"] = (len(rows) - 1) / span
        rates["payload_kbit_per_second"] = 8 * payload / 1000 * rates["frames_per_second"] / len(rows)
    return rates


def _compressai_facts(path: Path, file: CompressaiFile) -> FileFacts:
    rows = [
        {
            "frame": frame,
            "segment": 0,
            "type": "P" if frame else "I",
            "height": file.height,
            "width": file.width,
            "bytes": sum(len(string) for body in bodies for string in body.strings),
        }
        for frame, bodies in enumerate(file.frames)
    ]
    facts: FileFacts = {"file": str(path), "format": "CompressAI 1.2.6 to 1.2.8, codec example", "codec": file.codec}
    facts |= {"quality": file.quality, "options": {"metric": file.metric}}
    facts |= {"medium": "video" if file.is_video else "stills", "latent": list(file.frames[0][0].shape)}
    return facts | _rates(rows, path.stat().st_size) | {"table": rows}
