"""Clips -> an `.ahc` file, segment by segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ahc_stream.container import AhcWriter, FileHeader, Segment
from ahc_stream.core.sessions import AnyCodec, encode
from ahc_stream.core.stream import Stream
from ahc_stream.transcode.encoded import Encoded
from ahc_stream.transcode.media import Media
from ahc_stream.transcode.progress import FrameProgress
from ahc_stream.transcode.segments import Segmenter


def write_ahc(
    path: Path,
    codec: AnyCodec,
    header: Callable[[Segment], FileHeader],
    media: Media,
    progress: FrameProgress,
    fence: Callable[[], None],
) -> Encoded:
    """Encodes the media.

    header:  of the file, once its first segment is known.
    fence:   waits for the device, before the memory of a clip goes.
    """
    frames = pixels = payload = 0
    segments = _segments_of_video(codec, media, fence) if media.medium == "video" else _segments_of_stills(codec, media)
    with path.open("wb") as file:
        writer = AhcWriter(file)
        for segment in segments:
            if not frames:
                writer.begin(header(segment))
            writer.add(segment)
            count = len(segment.bitstream.units)
            frames += count
            pixels += count * segment.height * segment.width
            payload += sum(segment.bitstream.payload_bits) // 8
            progress(frames)
        writer.finish()
        return Encoded(frames, pixels, payload, writer.size)


def _segments_of_video(codec: AnyCodec, media: Media, fence: Callable[[], None]) -> Iterator[Segment]:
    """One stream, or several where the size of frames changes."""
    segmenter: Segmenter | None = None
    timing = media.timing
    for clip in media.clips():
        if segmenter is not None and not segmenter.stream.takes(clip):
            yield from segmenter.finish()
            segmenter = None
        if segmenter is None:
            segmenter = Segmenter(codec, Stream.begun_by(clip, timing.frames_per_second, timing.time_base))
        yield from segmenter.push(clip)
        fence()
    if segmenter is not None:
        yield from segmenter.finish()


def _segments_of_stills(codec: AnyCodec, media: Media) -> Iterator[Segment]:
    for clip in media.clips():
        names = tuple(key.item for key in clip.keys)
        yield Segment(encode(codec, clip), clip.height, clip.width, names=names)
