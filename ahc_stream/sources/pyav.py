"""Video through FFmpeg: every codec and pixel format that can be right, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.colour import colour_of, frame_to_planes
from ahc_stream.core.errors import MediaError
from ahc_stream.sources.gather import Frame, clips_of
from ahc_stream.sources.probe import Tally, media_errors, opened, seconds_of
from ahc_stream.sources.watchdog import watched

if TYPE_CHECKING:
    import av


def open_video(item: Item, clip_frames: int, device: torch.device) -> Iterator[Clip]:
    """The clips of a video. Frames are as stored: a rotation that the container asks a player for is not applied.

    A damaged or cut file gives the frames before the damage, then MediaError.
    """
    if item.medium != "video":
        raise MediaError("a video", f"{item.medium} {item.name}", "choose the source images")
    yield from clips_of(watched(_frames(item), item.name), clip_frames, device, consecutive=True)


def _frames(item: Item) -> Iterator[Frame]:
    path = item.paths[0]
    with opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        codec = stream.codec_context.codec.canonical_name
        tally = Tally(container, stream)
        index = -1
        for index, frame in enumerate(_decoded(path, tally, stream)):
            key = FrameKey(item.dataset, item.name, index)
            yield Frame(key, seconds_of(frame, stream, index), frame_to_planes(frame, colour_of(frame, codec)))
        damage = tally.damage() or ("no frame" if index < 0 else None)
    if damage:
        raise MediaError(f"a whole video at {path}", damage, "fetch the file again")


def _decoded(path: Path, tally: Tally, stream: av.video.stream.VideoStream) -> Iterator[av.VideoFrame]:
    """Frames in presentation order. After an error the frames still in the decoder come first: they precede it."""
    import av

    decoder = stream.codec_context
    with media_errors(path):
        packets = tally.packets()
        while True:
            try:
                packet = next(packets, None)
                frames = decoder.decode(packet)
            except av.FFmpegError:
                yield from _drained(decoder)
                raise
            yield from _intact(frames, path)
            if packet is None:
                return


def _drained(decoder: av.VideoCodecContext) -> list[av.VideoFrame]:
    import av

    try:
        return [frame for frame in decoder.decode(None) if not frame.is_corrupt]
    except av.FFmpegError:  # the same damage again, which the caller is raising
        return []


def _intact(frames: list[av.VideoFrame], path: Path) -> Iterator[av.VideoFrame]:
    for frame in frames:
        if frame.is_corrupt:
            raise MediaError(
                f"intact frames in {path}", "a frame that the decoder had to conceal", "fetch the file again"
            )
        yield frame
