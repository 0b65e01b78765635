"""Media -> a coded file. One clip is in memory at a time, and becomes one segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import torch

from ahc_stream import codecs, sources
from ahc_stream.container import AhcWriter, CompressaiFile, FileHeader, Segment
from ahc_stream.container.compressai_files import VIDEO
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.trial import Bitstream, OperatingPoint
from ahc_stream.sources.probe import opened, probe
from ahc_stream.transcode.outputs import finished_file

CLIP_FRAMES = 16
MOST_GOP_FRAMES = 32  # a longer GOP than this is asked for with clip_frames: it is the memory
CONTAINERS = ("ahc", "compressai")

Told = Callable[[int], None]
"""Called with the number of frames done so far."""


@dataclass(frozen=True)
class Encoded:
    """What was written. `pixels` of all frames together, padding excluded."""

    frames: int
    pixels: int
    payload_bytes: int
    file_bytes: int


def encode_items(
    items: Sequence[Item],
    point: OperatingPoint,
    out: Path,
    device: torch.device,
    *,
    weights: str | None = None,
    clip_frames: int | None = None,
    source: str = "auto",
    container: str = "ahc",
    force: bool = False,
    told: Told = lambda frames: None,
) -> Encoded:
    """Encodes one video, one sequence, or any number of stills into `out`, which appears when it is complete.

    point:        with all its options, as `codecs.parse` gives it.
    clip_frames:  frames per segment: the memory, and the grain of random access. By default the point's GOP, at most
                  32; 16 where it has none. A file of CompressAI's is one segment whatever this says.
    container:    "ahc", or "compressai" for a file of CompressAI's codec example.

    Raises InvalidValue, StorageError, and what sources and codecs raise; then there is no output.
    """
    medium = _medium(items)
    if container not in CONTAINERS or (clip_frames is not None and clip_frames < 1):
        got = f"{container!r}, clip_frames {clip_frames}"
        raise InvalidValue(f"a container of {', '.join(CONTAINERS)} and at least one frame per clip", got, "change it")
    if container == "compressai":
        point, clip_frames = _one_gop(items, point)
    with finished_file(out, force) as partial, lane(device) as fence:
        codec = codecs.make(point, device, weights)
        clips = (
            clip
            for item in items
            for clip in sources.open_item(item, clip_frames or default_clip_frames(point), device, source)
        )
        coded = _coded(codec.encode, clips, fence)
        if container == "compressai":
            return _write_compressai(partial, coded, told)
        header = FileHeader(point, medium, items[0].name, device.type, time_base_of(items[0]), 0, 0, {})
        return _write_ahc(partial, header, coded, told)


def default_clip_frames(point: OperatingPoint) -> int:
    """One GOP of it, where it has GOPs and they are not long."""
    return min(int(dict(point.options).get("gop", CLIP_FRAMES)), MOST_GOP_FRAMES)


def time_base_of(item: Item) -> Fraction:
    """Seconds per tick in which the item's times are whole numbers; 1 for stills, which have none."""
    if item.medium == "stills":
        return Fraction(1)
    if item.medium == "sequence":
        return 1 / Fraction(item.frames_per_second or 25).limit_denominator(100_000)
    with opened(item.paths[0]) as (_, stream):
        assert stream.time_base is not None, "an opened stream has one"
        return Fraction(stream.time_base)


def _medium(items: Sequence[Item]) -> str:
    media = {item.medium for item in items}
    if media == {"stills"}:
        return "stills"
    if len(items) != 1:
        names = ", ".join(item.name for item in items[:5])
        raise InvalidValue("one video, or pictures only", f"{len(items)} items: {names}", "encode them one by one")
    return "video"


def _coded(
    encode: Callable[[Clip], Bitstream], clips: Iterator[Clip], fence: Callable[[], None]
) -> Iterator[tuple[Clip, Bitstream]]:
    for clip in clips:
        bitstream = encode(clip)
        fence()  # before the clip's memory goes
        yield clip, bitstream


def _write_ahc(partial: Path, header: FileHeader, coded: Iterator[tuple[Clip, Bitstream]], told: Told) -> Encoded:
    frames = pixels = payload = 0
    with partial.open("wb") as file:
        writer = AhcWriter(file)
        for clip, bitstream in coded:
            if not frames:
                header = replace(header, height=clip.height, width=clip.width, shared=bitstream.header)
                writer.begin(header)
            writer.add(_segment(clip, bitstream, header))
            frames, pixels = frames + len(clip), pixels + len(clip) * clip.height * clip.width
            payload += sum(bitstream.payload_bits) // 8
            told(frames)
        writer.finish()
        return Encoded(frames, pixels, payload, writer.size)


def _segment(clip: Clip, bitstream: Bitstream, header: FileHeader) -> Segment:
    if header.medium == "stills":
        return Segment(bitstream, clip.height, clip.width, names=tuple(key.item for key in clip.keys))
    ticks = tuple(round(Fraction(seconds) / header.time_base) for seconds in clip.pts_seconds.tolist())
    return Segment(bitstream, clip.height, clip.width, ticks=ticks)


def _one_gop(items: Sequence[Item], point: OperatingPoint) -> tuple[OperatingPoint, int]:
    """A file of CompressAI's is one picture, or one GOP as long as the video."""
    if point.codec not in VIDEO:
        return point, 1
    item = items[0]
    frames = len(probe(item.paths[0]).pts_seconds) if item.medium == "video" else len(item.paths)
    options = {**dict(point.options), "gop": str(frames)}
    return replace(point, options=tuple(sorted(options.items()))), frames


def _write_compressai(partial: Path, coded: Iterator[tuple[Clip, Bitstream]], told: Told) -> Encoded:
    pairs = [pair for pair, _ in zip(coded, range(2), strict=False)]  # two are too many, and enough to know it
    if len(pairs) != 1:
        todo = "encode pictures one by one, or write an .ahc file"
        raise InvalidValue("one picture, or one video of one size, for a file of CompressAI's", "more", todo)
    (clip, bitstream), data = pairs[0], CompressaiFile.of(pairs[0][1]).to_bytes()
    partial.write_bytes(data)
    told(len(clip))
    pixels = len(clip) * clip.height * clip.width
    return Encoded(len(clip), pixels, sum(bitstream.payload_bits) // 8, len(data))
