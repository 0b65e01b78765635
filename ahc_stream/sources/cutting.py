"""The frames of a video or a sequence that an item takes: decoded from the beginning, numbered as in the whole."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from ahc_stream.core.clip import Clip, Item, joined
from ahc_stream.core.errors import MediaError, MissingData


def cut_clips(clips: Generator[Clip], item: Item, cut: range, clip_frames: int) -> Iterator[Clip]:
    """The frames of an item whose numbers are in `cut`, in clips of at most `clip_frames`.

    Nothing beyond its end is decoded. What came before an error is given first. Raises MediaError where there is no
    such frame.
    """
    pending: list[Clip] = []
    came = 0
    try:
        for clip in clips:
            came = clip.keys[-1].frame + 1
            kept = _kept(clip, cut)
            if kept and pending and not _go_together(pending, kept, clip_frames):
                yield joined(pending)
                pending = []
            pending += [kept] if kept else []
            if came >= cut.stop:
                break
    except (MediaError, MissingData):
        if pending:
            yield joined(pending)
        raise
    finally:
        clips.close()
    if pending:
        yield joined(pending)
    elif came <= cut.start:
        there = len(item.paths) if item.medium == "sequence" else came
        raise MediaError(f"frames from {cut.start} on in {item.name}", f"{there} frames", "choose other --frames")


def _kept(clip: Clip, cut: range) -> Clip | None:
    """The clip's frames that are taken, which lie at equal distances; None where there is none."""
    places = [place for place, key in enumerate(clip.keys) if key.frame in cut]
    if not places:
        return None
    step = places[1] - places[0] if len(places) > 1 else 1
    return clip[places[0] : places[-1] + 1 : step]


def _go_together(pending: list[Clip], following: Clip, clip_frames: int) -> bool:
    """Whether a clip has room for the next frames, which are of its size."""
    size = (pending[0].height, pending[0].width)
    return sum(map(len, pending)) + len(following) <= clip_frames and size == (following.height, following.width)
