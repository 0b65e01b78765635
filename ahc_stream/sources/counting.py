"""How many frames and pixels an item has, as far as it is known before any of them is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources.images import opened_image
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.raw import frame_count
from ahc_stream.sources.video_file import opened

if TYPE_CHECKING:
    from av.video.stream import VideoStream


class ItemSize(NamedTuple):
    """Frames that are taken of an item, and the pixels of all of them."""

    frames: int
    pixels: float


def told_frames(item: Item, limits: Limits = DEFAULT_LIMITS) -> int | None:
    """Of stills and sequences their files, of raw video its size, of other video what its container says, which may be
    wrong; None where it says nothing, or cannot be opened. Only the frames that are taken count (`Item.cut`)."""
    whole = len(item.paths) if item.medium != "video" else _of_video(item, limits)
    return None if whole is None else _taken(item, whole)


def estimated_size(item: Item, limits: Limits = DEFAULT_LIMITS) -> ItemSize | None:
    """For forecasts; None where a file cannot be opened, or a video's container says neither frames nor duration.

    Of stills every header is read, of a sequence the first.
    """
    try:
        if item.medium == "stills":
            sides = [_image_pixels(item, index, limits) for index in range(len(item.paths))]
            return ItemSize(len(sides), float(sum(sides)))
        if item.medium == "sequence":
            return _size(item, len(item.paths), _image_pixels(item, 0, limits))
        return _video_size(item, limits)
    except (MediaError, MissingData, OSError):  # the run will say what is wrong with it
        return None


def _size(item: Item, frames: int, pixels_of_frame: int) -> ItemSize:
    taken = _taken(item, frames)
    return ItemSize(taken, float(taken * pixels_of_frame))


def _taken(item: Item, frames: int) -> int:
    cut = item.cut
    return frames if cut is None else len(range(frames)[cut.start : cut.stop : cut.step])


def _image_pixels(item: Item, index: int, limits: Limits) -> int:
    with opened_image(item.paths[index], limits) as image:
        return int(image.width * image.height)


def _video_size(item: Item, limits: Limits) -> ItemSize | None:
    if item.raw is not None:
        return _size(item, frame_count(item.paths[0], item.raw), item.raw.width * item.raw.height)
    with opened(item.paths[0], item.stream, limits) as video:
        frames = video.stream.frames or _frames_by_duration(video.stream, video.container.duration)
        picture = video.stream.codec_context
        return _size(item, frames, picture.width * picture.height) if frames else None


def _frames_by_duration(stream: VideoStream, microseconds: int | None) -> int:
    """0 where the container says neither a rate nor a duration."""
    rate = stream.average_rate or 0
    if stream.duration and stream.time_base:
        return round(stream.duration * stream.time_base * rate)
    return round((microseconds or 0) / 1_000_000 * rate)


def _of_video(item: Item, limits: Limits) -> int | None:
    try:
        if item.raw is not None:
            return frame_count(item.paths[0], item.raw)
        with opened(item.paths[0], item.stream, limits) as video:
            return video.stream.frames or None
    except (MediaError, MissingData, OSError):  # the run will say what is wrong with it
        return None
