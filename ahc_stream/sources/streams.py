"""Which of a container's video streams is the video, by the rule of the ffmpeg program.

Attached pictures are covers, not films, and so is a track of one frame beside one of many. Among what is left a stream
that is marked as the default one wins, then the one of most pixels, then the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ahc_stream.core.errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

DEFAULT_BONUS = 5_000_000
"""Pixels that the mark "default" is worth, as in the ffmpeg program."""
PACKETS_READ = 2000
"""How far into a file it is looked whether a stream goes on after its first frame."""


def choose_stream(
    container: InputContainer, path: Path, index: int | None = None
) -> tuple[VideoStream, tuple[str, ...]]:
    """The video of an opened file, and what should be said about the choice.

    index:  FFmpeg's number of the stream, to choose another one than the best.
    Reads packets where there are several candidates: open the file anew before decoding.
    Raises MediaError for a file without video, and for an index of no video stream.
    """
    streams = container.streams.video
    if not streams:
        raise MediaError(f"a video stream in {path}", "none", "check the file")
    known = [stream for stream in streams if stream.codec_context is not None]
    if index is not None:
        return _by_index(known, path, index), ()
    if not known:
        raise MediaError(f"a video codec that FFmpeg decodes in {path}", "an unknown one", "convert the video")
    if len(known) == 1:
        return known[0], _about_pictures(known)
    moving = _moving(container, known)
    scores = {stream.index: _score(stream, stream.index in moving) for stream in known}
    best = max(known, key=lambda stream: (*scores[stream.index], -stream.index))
    return best, (_about_choice(known, best),)


def is_picture(stream: VideoStream) -> bool:
    """Whether the container says that the stream is a cover or a thumbnail, or a part of another one."""
    from av.stream import Disposition

    pictures = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return bool(stream.disposition & (pictures | Disposition.dependent))


def _by_index(streams: Sequence[VideoStream], path: Path, index: int) -> VideoStream:
    for stream in streams:
        if stream.index == index:
            return stream
    known = ", ".join(f"#{stream.index}" for stream in streams) or "none"
    raise MediaError(f"a video stream of {path}: {known}", f"#{index}", "choose one of them")


def _score(stream: VideoStream, moves: bool) -> tuple[bool, bool, int]:
    from av.stream import Disposition

    pixels = stream.codec_context.width * stream.codec_context.height
    bonus = DEFAULT_BONUS if stream.disposition & Disposition.default else 0
    return not is_picture(stream), moves, pixels + bonus


def _moving(container: InputContainer, streams: Sequence[VideoStream]) -> set[int]:
    """The streams of two frames or more, by the packets at the beginning of the file."""
    counts: Counter[int] = Counter()
    for number, packet in enumerate(container.demux(tuple(streams))):
        counts[packet.stream_index] += bool(packet.size)
        if number >= PACKETS_READ or all(counts[stream.index] > 1 for stream in streams):
            break
    return {index for index, count in counts.items() if count > 1}


def _about_choice(streams: Sequence[VideoStream], best: VideoStream) -> str:
    described = ", ".join(map(_described, streams))
    return f"{len(streams)} video streams: {described}; took #{best.index}, FILE#N takes another"


def _about_pictures(streams: Sequence[VideoStream]) -> tuple[str, ...]:
    return ("its only video stream is marked as a picture",) if is_picture(streams[0]) else ()


def _described(stream: VideoStream) -> str:
    context = stream.codec_context
    picture = " (a picture)" if is_picture(stream) else ""
    return f"#{stream.index} {context.name} {context.width} x {context.height}{picture}"
