"""Raw video: frames one behind the other, plane by plane, as `RawVideo` describes them.

It is read as FFmpeg's decoder "rawvideo" gives it, so a file and a .y4m of the same frames have the same pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.clip import FrameKey
from ahc_stream.core.colour import colour_of, frame_to_planes
from ahc_stream.core.errors import MediaError
from ahc_stream.core.frame_planes import samples
from ahc_stream.core.raw_video import RawVideo
from ahc_stream.sources.discoveries import Discoveries
from ahc_stream.sources.frames import Frame
from ahc_stream.sources.limits import Limits
from ahc_stream.sources.video_file import media_errors
from ahc_stream.sources.video_notes import colour_notes

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

CODEC = "rawvideo"


def raw_frames(found: Discoveries, raw: RawVideo, limits: Limits) -> Iterator[Frame]:
    """The frames of an item's file. A file that ends within a frame gives those before it, then MediaError."""
    item, path = found.item, found.item.paths[0]
    limits.check_frame(raw.width, raw.height, path)
    number = 0
    with media_errors(path), path.open("rb") as file:
        frame = _empty_frame(raw)
        planes = [samples(frame, plane) for plane in range(len(frame.planes))]
        colour = colour_of(frame, CODEC)
        for text in colour_notes(frame, CODEC, colour):
            found.note(text)
        while (rest := _read(file, planes)) == 0:
            key = FrameKey(item.dataset, item.name, number)
            yield Frame(key, number / raw.frames_per_second, frame_to_planes(frame, colour))
            number += 1
    size = sum(plane.size for plane in planes)
    if rest < size or not number:
        got = f"{number} of them and {size - rest} bytes"
        raise MediaError(f"whole frames of {size} bytes ({raw}) in {path}", got, "correct --size and --pix-fmt")


def frame_count(path: Path, raw: RawVideo) -> int:
    """Whole frames of a file, by its size."""
    frame = _empty_frame(raw)
    return path.stat().st_size // sum(samples(frame, plane).size for plane in range(len(frame.planes)))


def _empty_frame(raw: RawVideo) -> VideoFrame:
    import av

    return av.VideoFrame(raw.width, raw.height, raw.pixel_format)


def _read(file: BinaryIO, planes: list[NDArray[np.uint8]]) -> int:
    """Fills the planes of a frame with the next bytes; returns how many bytes it lacks: all of them at the end."""
    size = sum(plane.size for plane in planes)
    data = np.frombuffer(file.read(size), np.uint8)
    if len(data) == size:
        start = 0
        for plane in planes:
            plane[:] = data[start : start + plane.size].reshape(plane.shape)
            start += plane.size
    return size - len(data)
