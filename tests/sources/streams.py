"""Small synthetic streams, encoded with FFmpeg, for the tests of the sources."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.colour import Colour
from ahc_stream.sources import open_item
from tests.core.rgb import rgb_to_frame

CPU = torch.device("cpu")
H273 = {"bt601": 6, "bt709": 1, "bt2020": 9}
FINE = {
    "libx264": {"crf": "6"},
    "libx265": {"crf": "6", "x265-params": "log-level=none"},
    "libvpx": {"crf": "4", "b": "4000000"},
    "libvpx-vp9": {"crf": "4", "b": "0"},
    "libsvtav1": {"crf": "10", "preset": "10"},
    "mjpeg": {},
    "ffv1": {},
    "mpeg4": {},
}
"""Encoder -> options of good quality."""


def scene(height: int, width: int, index: int) -> np.ndarray:
    """uint8 [H, W, 3]: moving waves of saturated colour, with a hard-edged red square whose place tells the index."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 90 * np.sin(x / 9 + index / 3 + 2 * c) * np.cos(y / 7 + c) for c in range(3)]
    picture = np.stack(waves, axis=-1).clip(0, 255).astype(np.uint8)
    picture[4:12, 4 + 4 * index : 12 + 4 * index] = (255, 0, 0)
    return picture


def write(
    path: Path,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (64, 96),
    frames: int = 6,
    colour: Colour = Colour("bt709", False),  # noqa: B008 - frozen
    tagged: bool = True,
    milliseconds: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    **container: object,
) -> Path:
    """Encodes `frames` scenes at 25 frames/s, or at the given times; returns `path`."""
    with av.open(str(path), "w", **container) as output:
        stream = output.add_stream(codec, rate=25, options=FINE[codec] | (options or {}))
        stream.height, stream.width = size
        stream.pix_fmt = pixel_format
        encoder = stream.codec_context
        encoder.time_base = Fraction(1, 1000) if milliseconds else Fraction(1, 25)
        if tagged:
            encoder.colorspace, encoder.color_range = H273[colour.matrix], 2 if colour.full_range else 1
        for index in range(frames):
            frame = rgb_to_frame(scene(*size, index), pixel_format, colour)
            frame.pts, frame.time_base = milliseconds[index] if milliseconds else index, encoder.time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def video(path: Path) -> Item:
    return Item("synthetic", path.name, "video", (path,))


def opened(path: Path, source: str, clip_frames: int = 4) -> list[Clip]:
    return list(open_item(video(path), clip_frames, CPU, source))


def pixels(clips: list[Clip]) -> torch.Tensor:
    """int32 [N, 3, H, W] of all clips."""
    return torch.cat([clip.frames for clip in clips]).int()


def largest_difference(path: Path, source: str) -> int:
    """The largest difference of any sample between `source` and pyav, in grey levels."""
    ours, theirs = pixels(opened(path, "pyav")), pixels(opened(path, source))
    assert ours.shape == theirs.shape
    return int((ours - theirs).abs().max())
