"""From an item of a dataset to clips of decoded frames on a device.

Four sources, one meaning: the same stream gives the same RGB, within one grey level, whichever source opens it. Where
a library cannot keep that promise for a stream, its source refuses the stream and says why. What a source assumes where
a file says nothing is noted (`OpenedItem.notes`), and told in `assumptions`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ahc_stream.core.clip import Clip, Item
from ahc_stream.sources.assumptions import assumptions
from ahc_stream.sources.counting import ItemSize, estimated_size, told_frames
from ahc_stream.sources.frames import BrokenStill
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.opening import SOURCES, OpenedItem, check_isolation
from ahc_stream.sources.timing import Timing, timing

if TYPE_CHECKING:
    import torch

__all__ = [
    "DEFAULT_LIMITS", "SOURCES", "BrokenStill", "ItemSize", "Limits", "OpenedItem", "Timing", "assumptions",
    "check_isolation", "choose", "estimated_size", "open_item", "opened", "timing", "told_frames",
]  # fmt: skip

_log = logging.getLogger(__name__)


def open_item(item: Item, clip_frames: int, device: torch.device, source: str = "auto") -> Iterator[Clip | BrokenStill]:
    """The item's clips, each of at most `clip_frames` frames, on `device`.

    A video and a sequence give consecutive clips; a change of size starts a new one. Stills are stacked with others
    of their size; one that cannot be opened is a `BrokenStill`. A video or sequence that breaks off gives everything
    that decoded wholly, then MediaError.
    On a GPU the frames may still be in flight on the current stream: take the next clip, or read this one elsewhere,
    only after a fence (`core.cuda.lane`).

    Raises UnknownName for the source, MissingData for a file that is not there, MissingExtra, and MediaError.
    """
    yield from opened(item, clip_frames, device, source).clips()


def opened(
    item: Item,
    clip_frames: int,
    device: torch.device,
    source: str = "auto",
    limits: Limits = DEFAULT_LIMITS,
    isolate: bool = False,
) -> OpenedItem:
    """The item with its source chosen: its clips as `open_item` gives them, and what is noticed while they are taken.

    limits:   how much memory its files may ask for.
    isolate:  decode in a process of its own, with limits of time and memory, on the CPU.
    Raises MediaError and MissingData where "auto" has to look into the file.
    """
    if source == "auto":
        source = _on_cpu(item) if isolate else choose(item, device, limits)
    return OpenedItem(item, source, clip_frames, device, limits, isolate)


def choose(item: Item, device: torch.device, limits: Limits = DEFAULT_LIMITS) -> str:
    """The source that "auto" stands for: images for image files, pyav for video on the CPU, dali for video on a GPU.

    Images are decoded on the CPU on every device, for nvJPEG is not bit-equal to libjpeg. A video that the GPU's
    decoder does not take goes to pyav, and a warning says why. Raises MediaError and MissingData as opening it would.
    """
    if item.medium != "video" or item.raw is not None or device.type != "cuda":
        return _on_cpu(item)
    from ahc_stream.sources.nvdec import refusal
    from ahc_stream.sources.probe import probe

    reason = refusal(probe(item.paths[0], item.stream, limits), device)
    if reason is None:
        return "dali"
    _log.warning("%s is decoded on the CPU: %s", item.name, reason)
    return "pyav"


def _on_cpu(item: Item) -> str:
    return "pyav" if item.medium == "video" else "images"
