"""Media -> a coded file. One clip is in memory at a time, and what the encoder's look-ahead holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ahc_stream import codecs, sources
from ahc_stream.container import AhcWriter, CompressaiFile, FileHeader, Segment
from ahc_stream.container.compressai_files import VIDEO
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec, encode, open_encoder
from ahc_stream.core.stream import Stream
from ahc_stream.sources.probe import probe
from ahc_stream.transcode.outputs import finished_file
from ahc_stream.transcode.segments import Segmenter

CLIP_FRAMES = 16
"""Frames that are opened together. Of stills it is also what shares a segment of the file."""
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
    source: str = "auto",
    container: str = "ahc",
    force: bool = False,
    told: Told = lambda frames: None,
) -> Encoded:
    """Encodes one video, one sequence, or any number of stills into `out`, which appears when it is complete.

    point:      with all its options, as `codecs.parse` gives it.
    container:  "ahc", or "compressai" for a file of CompressAI's codec example.

    Raises InvalidValue, StorageError, and what sources and codecs raise; then there is no output.
    """
    medium = _medium(items)
    if container not in CONTAINERS:
        raise InvalidValue(f"a container of {', '.join(CONTAINERS)}", repr(container), "choose one")
    if container == "compressai":
        point = _one_gop(items, point)
    with finished_file(out, force) as partial, lane(device) as fence:
        codec = codecs.make(point, device, weights)
        clips = (clip for item in items for clip in _clips(item, device, source))
        if container == "compressai":
            return _write_compressai(partial, codec, clips, items[0], told)
        timing = sources.timing(items[0])
        segments = _segments_of_video(codec, clips, timing, fence) if medium == "video" else _of_stills(codec, clips)
        header = FileHeader(point, medium, items[0].name, device.type, timing.time_base, 0, 0, {})
        return _write_ahc(partial, header, segments, told)


def _medium(items: Sequence[Item]) -> str:
    media = {item.medium for item in items}
    if media == {"stills"}:
        return "stills"
    if len(items) != 1:
        names = ", ".join(item.name for item in items[:5])
        raise InvalidValue("one video, or pictures only", f"{len(items)} items: {names}", "encode them one by one")
    return "video"


def _clips(item: Item, device: torch.device, source: str) -> Iterator[Clip]:
    """Raises the error of a still that cannot be opened: a file is whole or is none."""
    for clip in sources.open_item(item, CLIP_FRAMES, device, source):
        if isinstance(clip, sources.BrokenStill):
            raise clip.error
        yield clip


def _segments_of_video(
    codec: AnyCodec, clips: Iterator[Clip], timing: sources.Timing, fence: Callable[[], None]
) -> Iterator[Segment]:
    """One stream, or several where the size of frames changes."""
    segmenter: Segmenter | None = None
    for clip in clips:
        if segmenter is None or not segmenter.stream.takes(clip):
            if segmenter is not None:
                yield from segmenter.finish()
            segmenter = Segmenter(codec, Stream.begun_by(clip, timing.frames_per_second, timing.time_base))
        yield from segmenter.push(clip)
        fence()  # before the clip's memory goes
    if segmenter is not None:
        yield from segmenter.finish()


def _of_stills(codec: AnyCodec, clips: Iterator[Clip]) -> Iterator[Segment]:
    for clip in clips:
        yield Segment(encode(codec, clip), clip.height, clip.width, names=tuple(key.item for key in clip.keys))


def _write_ahc(partial: Path, header: FileHeader, segments: Iterator[Segment], told: Told) -> Encoded:
    frames = pixels = payload = 0
    with partial.open("wb") as file:
        writer = AhcWriter(file)
        for segment in segments:
            bitstream = segment.bitstream
            if not frames:
                header = replace(header, height=segment.height, width=segment.width, shared=bitstream.header)
                writer.begin(header)
            writer.add(segment)
            count = len(bitstream.units)
            frames, pixels = frames + count, pixels + count * segment.height * segment.width
            payload += sum(bitstream.payload_bits) // 8
            told(frames)
        writer.finish()
        return Encoded(frames, pixels, payload, writer.size)


def _one_gop(items: Sequence[Item], point: OperatingPoint) -> OperatingPoint:
    """A file of CompressAI's is one picture, or one GOP as long as the video."""
    if point.codec not in VIDEO:
        return point
    item = items[0]
    frames = len(probe(item.paths[0]).pts_seconds) if item.medium == "video" else len(item.paths)
    return replace(point, options=tuple(sorted({**dict(point.options), "gop": str(frames)}.items())))


def _write_compressai(partial: Path, codec: AnyCodec, clips: Iterator[Clip], item: Item, told: Told) -> Encoded:
    bitstream, clip = _whole(codec, clips, item)
    data, frames = CompressaiFile.of(bitstream).to_bytes(), len(bitstream.units)
    partial.write_bytes(data)
    told(frames)
    return Encoded(frames, frames * clip.height * clip.width, sum(bitstream.payload_bits) // 8, len(data))


def _whole(codec: AnyCodec, clips: Iterator[Clip], item: Item) -> tuple[Bitstream, Clip]:
    """One picture, or one stream whole; and its first clip. Raises InvalidValue for more than that."""
    first = next(clips)
    if not first.consecutive:
        if len(first) > 1 or next(clips, None) is not None:
            raise _more_than_one()
        return encode(codec, first), first
    timing = sources.timing(item)
    stream = Stream.begun_by(first, timing.frames_per_second, timing.time_base)
    encoder = open_encoder(codec, stream)
    units = list(encoder.push(first))
    for clip in clips:
        if not stream.takes(clip):
            raise _more_than_one()
        units += encoder.push(clip)
    units += encoder.finish()
    return Bitstream(codec.point.codec, encoder.header, tuple(units)), first


def _more_than_one() -> InvalidValue:
    todo = "encode pictures one by one, or write an .ahc file"
    return InvalidValue("one picture, or one video of one size, for a file of CompressAI's", "more", todo)
