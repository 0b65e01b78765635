"""An item, opened: what decodes it, how it counts time, its clips, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, cast

from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import InvalidValue, MediaError, UnknownName
from ahc_stream.core.note import ItemNote
from ahc_stream.core.presentation import Presentation
from ahc_stream.sources.cutting import cut_clips
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import BrokenStill
from ahc_stream.sources.limits import Limits
from ahc_stream.sources.timing import Timing, timing

if TYPE_CHECKING:
    import torch

Clips = Iterator[Clip | BrokenStill]
SOURCES = {
    "images": "image files through Pillow, on the CPU",
    "pyav": "any video through FFmpeg, on the CPU",
    "decord": "8-bit 4:4:4 video through decord, on the CPU; it replicates chroma, so 4:2:0 and 4:2:2 are refused",
    "dali": "images, and VP8, VP9 and MJPEG video, on the CPU; nvJPEG and NVDEC (H.264, HEVC, AV1, VP8, VP9) on a GPU",
}
"""Name -> what it opens."""
ISOLATED = ("images", "pyav")
"""Sources that decode in a process of their own when they are told to."""


class OpenedItem:
    """An item with the source that decodes it.

    source:   its name.
    isolate:  decode in a process of its own.
    """

    def __init__(
        self, item: Item, source: str, clip_frames: int, device: torch.device, limits: Limits, isolate: bool
    ) -> None:
        self.source = source
        self._clip_frames, self._device, self._limits, self._isolate = clip_frames, device, limits, isolate
        self._found = Discoveries(item)

    @cached_property
    def timing(self) -> Timing:
        """How it counts time: of every N-th frame the rate is the N-th part. Raises MediaError and MissingData."""
        item = self._found.item
        if self._isolate and item.medium == "video":
            from ahc_stream.sources.isolation import isolated_timing

            whole = isolated_timing(item, self._limits)
        else:
            whole = timing(item, self._limits)
        return whole if item.cut is None else whole._replace(frames_per_second=whole.frames_per_second / item.cut.step)

    @property
    def notes(self) -> tuple[ItemNote, ...]:
        """What was noticed or assumed so far; complete once the clips have ended."""
        return tuple(self._found.notes)

    @property
    def presentation(self) -> Presentation:
        """How a player is asked to show the frames; known with the first clip."""
        return self._found.presentation

    def clips(self) -> Clips:
        """As `sources.open_item` gives them."""
        item = self._found.item
        if item.cut is None:
            return self._whole()
        whole = cast("Generator[Clip]", self._whole())  # of what is cut no part is a still
        return cut_clips(whole, item, item.cut, self._clip_frames)

    def _whole(self) -> Clips:
        """The clips of the whole item."""
        _check(self._found.item, self.source, self._isolate)
        if self.source == "decord":
            from ahc_stream.sources import decord

            yield from decord.open_video(self._found, self._clip_frames, self._device, self._limits)
        elif self.source == "dali":
            from ahc_stream.sources import dali

            yield from dali.open_item(self._found, self._clip_frames, self._device, self._limits)
        elif self._found.item.medium == "stills":
            yield from self._stills()
        else:
            yield from self._consecutive()

    def _consecutive(self) -> Clips:
        """A video or a sequence, from its frames."""
        from ahc_stream.sources import images, isolation, pyav
        from ahc_stream.sources.gather import clips_of
        from ahc_stream.sources.watchdog import watched

        item = self._found.item
        if self._isolate:
            frames = isolation.isolated_frames(self._found, self._limits)
        elif item.medium == "video":
            frames = watched(pyav.video_frames(self._found, self._limits), item.name)
        else:
            frames = images.sequence_frames(self._found, self._limits)
        yield from clips_of(frames, self._clip_frames, self._device, consecutive=True, limits=self._limits)

    def _stills(self) -> Clips:
        """Stills stacked by size, in order within a size; those that are broken come after all the others."""
        from ahc_stream.sources import images, isolation
        from ahc_stream.sources.gather import clips_of

        broken: list[BrokenStill] = []
        if self._isolate:  # their sizes are not known before they are decoded: neighbours of one size are stacked
            groups = [isolation.isolated_stills(self._found, broken, self._limits)]
        else:
            by_size = images.by_size(self._found.item, broken, self._limits)
            groups = [images.still_frames(self._found, indices, broken, self._limits) for indices in by_size]
        for frames in groups:
            yield from clips_of(frames, self._clip_frames, self._device, consecutive=False, limits=self._limits)
        yield from broken


def check_isolation(source: str, isolate: bool) -> None:
    """Raises InvalidValue for a source that does not decode in a process of its own, where it is told to."""
    if isolate and source not in (*ISOLATED, "auto"):
        raise InvalidValue(f"a source of {', '.join(ISOLATED)} with --isolate", source, "choose one, or auto")


def _check(item: Item, source: str, isolate: bool) -> None:
    """Raises UnknownName, InvalidValue for a source that cannot be isolated, MediaError for one of another medium."""
    if source not in SOURCES:
        raise UnknownName.among("source", source, [*SOURCES, "auto"])
    check_isolation(source, isolate)
    if source == "images" and item.medium == "video":
        raise MediaError("image files", f"the video {item.name}", "choose the source pyav")
    if item.raw is not None and source != "pyav":
        raise MediaError(f"the source pyav for the raw video {item.name}", source, "choose pyav or auto")
    if source == "pyav" and item.medium != "video":
        raise MediaError("a video", f"{item.medium} {item.name}", "choose the source images")
