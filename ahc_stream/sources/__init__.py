"""From an item of a dataset to clips of decoded frames on a device.

Four sources, one meaning: the same stream gives the same RGB, within one grey level, whichever source opens it. Where
a library cannot keep that promise for a stream, its source refuses the stream and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import torch

from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import UnknownName
from ahc_stream.sources.gather import BrokenStill
from ahc_stream.sources.timing import Timing, timing

__all__ = ["SOURCES", "BrokenStill", "Timing", "choose", "open_item", "timing"]

SOURCES = {
    "images": "image files through Pillow, on the CPU",
    "pyav": "any video through FFmpeg, on the CPU",
    "decord": "8-bit 4:4:4 video through decord, on the CPU; it replicates chroma, so 4:2:0 and 4:2:2 are refused",
    "dali": "images, and VP8, VP9 and MJPEG video, on the CPU; nvJPEG and NVDEC (H.264, HEVC, AV1, VP8, VP9) on a GPU",
}
"""Name -> what it opens."""

_log = logging.getLogger(__name__)


def open_item(item: Item, clip_frames: int, device: torch.device, source: str = "auto") -> Iterator[Clip | BrokenStill]:
    """The item's clips, each of at most `clip_frames` frames, on `device`.

    A video and a sequence give consecutive clips; a change of size starts a new one. Stills are stacked with others
    of their size; one that cannot be opened is a `BrokenStill`. A video or sequence that breaks off gives everything that
    decoded wholly, then MediaError.
    On a GPU the frames may still be in flight on the current stream: take the next clip, or read this one elsewhere,
    only after a fence (`core.cuda.lane`).

    Raises UnknownName for the source, MissingData for a file that is not there, MissingExtra, and MediaError.
    """
    source = choose(item, device) if source == "auto" else source
    if source == "images":
        from ahc_stream.sources.images import open_images as opener
    elif source == "pyav":
        from ahc_stream.sources.pyav import open_video as opener
    elif source == "decord":
        from ahc_stream.sources.decord import open_video as opener
    elif source == "dali":
        from ahc_stream.sources.dali import open_item as opener
    else:
        raise UnknownName.among("source", source, [*SOURCES, "auto"])
    yield from opener(item, clip_frames, device)


def choose(item: Item, device: torch.device) -> str:
    """The source that "auto" stands for: images for image files, pyav for video on the CPU, dali for video on a GPU.

    Images are decoded on the CPU on every device, for nvJPEG is not bit-equal to libjpeg. A video that the GPU's
    decoder does not take goes to pyav, and a warning says why. Raises MediaError and MissingData as opening it would.
    """
    if item.medium != "video":
        return "images"
    if device.type != "cuda":
        return "pyav"
    from ahc_stream.sources.nvdec import refusal
    from ahc_stream.sources.probe import probe

    reason = refusal(probe(item.paths[0]), device)
    if reason is None:
        return "dali"
    _log.warning("%s is decoded on the CPU: %s", item.name, reason)
    return "pyav"
