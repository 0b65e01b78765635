"""Clips -> a file of CompressAI's codec example: one picture, or one GOP as long as the video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ahc_stream import sources
from ahc_stream.container import CompressaiFile
from ahc_stream.container.compressai_files import MODELS
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec, encode, open_encoder
from ahc_stream.core.stream import Stream
from ahc_stream.sources.probe import probe
from ahc_stream.sources.raw import frame_count
from ahc_stream.transcode.encoded import Encoded
from ahc_stream.transcode.media import Media
from ahc_stream.transcode.progress import FrameProgress


def one_gop(item: Item, point: OperatingPoint) -> OperatingPoint:
    """The point with a GOP as long as the item, where its codec is one of video."""
    model = MODELS.get(point.codec)
    if model is None or not model.is_video:
        return point
    frames = _frames_of_video(item) if item.medium == "video" else len(item.paths)
    return replace(point, options=tuple(sorted({**dict(point.options), "gop": str(frames)}.items())))


def _frames_of_video(item: Item) -> int:
    path = item.paths[0]
    return frame_count(path, item.raw) if item.raw else len(probe(path, item.stream).pts_seconds)


def write_compressai(path: Path, codec: AnyCodec, media: Media, progress: FrameProgress) -> Encoded:
    """Encodes the media. Raises InvalidValue and CodecError for what such a file cannot hold."""
    bitstream, clip = _whole(codec, media.clips(), media.timing)
    data, frames = CompressaiFile.of(bitstream).to_bytes(), len(bitstream.units)
    path.write_bytes(data)
    progress(frames)
    return Encoded(frames, frames * clip.height * clip.width, sum(bitstream.payload_bits) // 8, len(data))


def _whole(codec: AnyCodec, clips: Iterator[Clip], timing: sources.Timing) -> tuple[Bitstream, Clip]:
    """One picture, or one stream whole; and its first clip. Raises InvalidValue for more than that."""
    first = next(clips)
    if not first.consecutive:
        if len(first) > 1 or next(clips, None) is not None:
            raise _more_than_one()
        return encode(codec, first), first
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
