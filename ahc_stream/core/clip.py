"""What the line carries: items of a dataset, and clips of decoded frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.raw_video import RawVideo

if TYPE_CHECKING:  # keys and items are read without torch
    import torch
    from torch import Tensor


class FrameKey(NamedTuple):
    """Names one frame of one dataset. Rows carry it, so the order of rows never matters."""

    dataset: str
    item: str
    frame: int


@dataclass(frozen=True)
class Item:
    """What a source opens at once. Paths are absolute; `name` is unique within its dataset.

    medium "video":     one video file; its frames get the item's name and their presentation index. Of several video
                        streams in the file it is `stream`, by FFmpeg's number, or the best one.
    medium "sequence":  numbered images of one recording, in order; frames are keyed like a video's.
    medium "stills":    unrelated images; frame i is keyed (dataset, names[i], 0) and may be stacked with
                        others of its size into one clip that is not `consecutive`.
    """

    dataset: str
    name: str
    medium: Literal["video", "sequence", "stills"]
    paths: tuple[Path, ...]
    names: tuple[str, ...] = ()  # stills only: the item name of each path
    frames_per_second: float | None = None  # sequence only; a video carries its own timestamps
    stream: int | None = None  # video only
    cut: range | None = None  # video and sequence: the numbers of the frames that are taken; None for all
    raw: RawVideo | None = None  # a video of raw frames: what its file cannot say

    def __post_init__(self) -> None:
        assert self.paths, "an item has at least one path"
        assert len(self.names) == (len(self.paths) if self.medium == "stills" else 0)


@dataclass(frozen=True, eq=False)
class Clip:
    """Decoded frames on one device.

    frames:       uint8 [N, 3, H, W], RGB, full range 0..255, N >= 1.
    keys:         N frame keys, in the order of `frames`.
    pts_seconds:  float64 [N] on the CPU, presentation times; zeros for stills.
    consecutive:  True for video, whose frames may predict one another; False for a stack of unrelated images.
    source:       what decoded them ("pyav", "dali" ...); empty for frames made in memory.
    """

    frames: Tensor
    keys: tuple[FrameKey, ...]
    pts_seconds: Tensor
    consecutive: bool
    source: str = ""

    def __post_init__(self) -> None:
        import torch

        assert self.frames.dtype == torch.uint8 and self.frames.ndim == 4 and self.frames.shape[1] == 3
        assert len(self.keys) == len(self.frames) == len(self.pts_seconds) > 0
        assert self.pts_seconds.dtype == torch.float64 and self.pts_seconds.device.type == "cpu"
        seconds = self.pts_seconds.tolist()
        if not all(map(math.isfinite, seconds)):
            got = f"{seconds}"[:80]
            raise InvalidValue(f"finite presentation times of {self.keys[0]} and on", got, "give each frame a time")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def device(self) -> torch.device:
        return self.frames.device

    @property
    def height(self) -> int:
        return self.frames.shape[2]

    @property
    def width(self) -> int:
        return self.frames.shape[3]

    @property
    def frames_per_second(self) -> float:
        """The mean rate by the timestamps; 25 where they say nothing (stills, a single frame)."""
        span = float(self.pts_seconds[-1] - self.pts_seconds[0])
        return (len(self) - 1) / span if span > 0 else 25.0

    def __getitem__(self, frames: slice) -> Clip:
        """Some of its frames, which share the memory."""
        return replace(self, frames=self.frames[frames], keys=self.keys[frames], pts_seconds=self.pts_seconds[frames])

    def with_frames(self, frames: Tensor) -> Clip:
        """The same keys and times over other pixels, for instance the decoded ones."""
        return replace(self, frames=frames)


def joined(clips: Sequence[Clip]) -> Clip:
    """Clips of one stream as one."""
    import torch

    from ahc_stream.core.joining import join_frames

    if len(clips) == 1:
        return clips[0]
    frames = join_frames([clip.frames for clip in clips])
    keys = tuple(key for clip in clips for key in clip.keys)
    return replace(clips[0], frames=frames, keys=keys, pts_seconds=torch.cat([clip.pts_seconds for clip in clips]))
