"""Stills and video in one run: which frames are which, since their bits per pixel are computed by two rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ahc_stream.runs import RunReader
from ahc_stream.runs.media import Item, items_among, items_of, video_items

MIXED_RATE = (
    "The run holds stills and video: bpp is total bits over total pixels of both, bpp_stills the mean over images, and "
    "bpp_video total bits over total pixels of video"
)
"""What a report says of a run of both."""


RateFrames = tuple[pa.Table, bool]
"""The rows of `frames` that a rate is of, and whether it is computed as that of video (`bpp.bpp_terms`)."""


@dataclass(frozen=True)
class RunMedia:
    """video_items: the items of a run whose frames follow one another. has_stills: whether the run has others."""

    video_items: frozenset[Item]
    has_stills: bool

    @property
    def has_video(self) -> bool:
        return bool(self.video_items)

    @property
    def is_mixed(self) -> bool:
        return self.has_video and self.has_stills

    def stills(self, frames: pa.Table) -> pa.Table:
        """Those of `frames` that are stills."""
        return self._frames_of(frames, video=False)

    def video(self, frames: pa.Table) -> pa.Table:
        """Those of `frames` that are video."""
        return self._frames_of(frames, video=True)

    def rates(self, frames: pa.Table) -> Mapping[str, RateFrames]:
        """The rates of `frames` by their columns: bpp, and in a run of both those of its stills and of its video."""
        rates = {"bpp": (frames, self.has_video)}
        if self.is_mixed:
            rates |= {"bpp_stills": (self.stills(frames), False), "bpp_video": (self.video(frames), True)}
        return rates

    def _frames_of(self, frames: pa.Table, video: bool) -> pa.Table:
        if not self.is_mixed:
            return frames if video == self.has_video else frames.slice(0, 0)
        is_video = np.array([item in self.video_items for item in items_of(frames)], np.bool_)
        return frames.filter(pa.array(is_video == video))


def media_of(run: RunReader) -> RunMedia:
    """What a run holds."""
    found = video_items(run)
    return RunMedia(found, has_stills=bool(items_among(run.frames) - found))
