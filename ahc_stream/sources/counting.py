"""How many frames an item has, as far as it is known before any of them is decoded."""

from __future__ import annotations

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.raw import frame_count
from ahc_stream.sources.video_file import opened


def told_frames(item: Item, limits: Limits = DEFAULT_LIMITS) -> int | None:
    """Of stills and sequences their files, of raw video its size, of other video what its container says, which may be
    wrong; None where it says nothing, or cannot be opened. Only the frames that are taken count (`Item.cut`)."""
    whole = len(item.paths) if item.medium != "video" else _of_video(item, limits)
    if whole is None or item.cut is None:
        return whole
    return len(range(whole)[item.cut.start : item.cut.stop : item.cut.step])


def _of_video(item: Item, limits: Limits) -> int | None:
    try:
        if item.raw is not None:
            return frame_count(item.paths[0], item.raw)
        with opened(item.paths[0], item.stream, limits) as video:
            return video.stream.frames or None
    except (MediaError, MissingData, OSError):  # the run will say what is wrong with it
        return None
